/** A path means one thing: whatever could be read as another one is refused before anything looks at it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiClient } from '../support/api-client.ts';
import { openRecorder } from '../support/recorder.ts';

const refused = [
  '/v1/a/../b',
  '/v1/../v1/a',
  '/v1/a/..',
  '/v1/a/.',
  '/v1/./a',
  '/../v1/a',
  '/v1/a/%2e%2e/b',
  '/v1/a/%2E%2e/b',
  '/v1/a/.%2e/b',
  '/v1/a/%2e/b',
  '/v1/a%2fb',
  '/v1/a/%2F/b',
  '/v1/a/..%2fb',
  '/v1%2fa',
  '/%2e%2e/v1/a',
  '/v1/a\\..\\b',
  '/v1/a%5cb',
  '/v1/a/%5c..%5cb',
  '/v1//a',
  '//v1/a',
  '/v1/a//b',
  '///v1/a',
  '/v1/a%00b',
  '/v1/a%0ab',
  '/v1/a%0d%0ab',
  '/v1/a%09b',
  '/v1/a%1b%5b2J',
  '/v1/a%7fb',
  '/v1/a%c2%9bb',
  '/v1/a%c0%ae%c0%ae/b',
  '/v1/a%c0%afb',
  '/v1/a%e0%80%afb',
  '/v1/a%ff',
  '/v1/a%ed%a0%80',
  '/v1/a%',
  '/v1/a%2',
  '/v1/a%zz',
  '/v1/a%u002f',
  `/v1/${'a'.repeat(9000)}`,
] as const;

/** What is sent, and what is meant by it. */
const allowed: Readonly<Record<string, string>> = {
  '/v1/a/b': 'a/b',
  '/v1/a/b/': 'a/b/',
  '/v1/a/..b': 'a/..b',
  '/v1/a/...': 'a/...',
  '/v1/a/%252e%252e/b': 'a/%2e%2e/b',
  '/v1/a/%252fb': 'a/%2fb',
  '/v1/a/%25252fb': 'a/%252fb',
  '/v1/a/b%20c': 'a/b c',
  '/v1/a/b+c': 'a/b+c',
  '/v1/a/%C3%BC': 'a/ü',
  '/v1/a/;b=c': 'a/;b=c',
  '/v1/a/b?c=../d': 'a/b',
  '/v1/a/b?c=%2e%2e%2f': 'a/b',
  '/v1/a/b#/../c': 'a/b',
};

describe('a path', { timeout: 60_000 }, () => {
  it('that could be read in two ways is refused', async () => {
    await using server = await openRecorder();
    for (const path of refused) {
      const { status, body } = await server.api('GET', path);
      assert.ok(status === 400 || status === 414, `${path}: ${status}`);
      assert.equal((body as { errors: string[] }).errors.length, 1);
    }
    assert.deepEqual(server.reached, []);
  });

  it('is decoded once', async () => {
    await using server = await openRecorder();
    for (const path of Object.keys(allowed)) assert.equal((await server.api('GET', path)).status, 200, path);
    assert.deepEqual(
      server.reached,
      Object.values(allowed).map((path) => `GET ${path}`),
    );
  });

  it('outside of /v1 and /ui is not there', async () => {
    await using server = await openRecorder();
    for (const path of ['/', '/v1', '/v1/', '/v2/a', '/V1/a', '/v1a', '/etc/passwd', '/sys/health'])
      assert.equal((await server.api('GET', path)).status, 404, path);
    assert.deepEqual(server.reached, []);
  });

  it('leads a token of one mount nowhere else', async () => {
    await using server = await openRecorder({}, 'mount');
    const { token } = await server.tokens.create({ name: 'team', scope: 'mount:team/a/' });
    const ask = apiClient(server.http.socketPath, token);
    const elsewhere = [
      '/v1/team',
      '/v1/team/',
      '/v1/team/b',
      '/v1/team/ab',
      '/v1/team/a%20',
      '/v1/TEAM/a/b',
      '/v1/team/%61b',
      '/v1/other/team/a/b',
      '/v1/sys/mounts',
      '/v1/team/%252e%252e/a',
    ];
    for (const path of elsewhere) assert.equal((await ask('GET', path)).status, 403, path);
    for (const path of ['/v1/team/a/../b', '/v1/team/a/%2e%2e/b', '/v1/team/a%2f..%2fb', '/v1/team/a/..'])
      assert.equal((await ask('GET', path)).status, 400, path);
    assert.deepEqual(
      server.reached.filter((each) => !each.startsWith('GET team/a/')),
      [],
    );
    for (const path of ['/v1/team/a/b', '/v1/team/%61/b'])
      assert.equal((await ask('GET', path)).status, 200, path);
  });
});
