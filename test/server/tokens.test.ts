/** Tokens: what each allows, when they end, and what is kept of them. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bulkhead } from '../cli/bulkhead.ts';
import { openEngineless } from './support/engineless.ts';

/** A path for each need, and what each scope gets there: 403, or whatever else the path has. */
const paths = [
  { method: 'GET', path: '/v1/sys/health', allowed: ['everything', 'catalog', 'observe', 'mount:secret/'] },
  {
    method: 'GET',
    path: '/v1/auth/token/lookup-self',
    allowed: ['everything', 'catalog', 'observe', 'mount:secret/'],
  },
  { method: 'GET', path: '/v1/sys/plugins/catalog', allowed: ['everything', 'catalog', 'observe'] },
  { method: 'GET', path: '/v1/sys/plugins/pins', allowed: ['everything', 'catalog', 'observe'] },
  { method: 'LIST', path: '/v1/sys/plugins/runtimes/catalog', allowed: ['everything', 'catalog', 'observe'] },
  { method: 'POST', path: '/v1/sys/plugins/catalog/secret/kv', allowed: ['everything'] },
  { method: 'DELETE', path: '/v1/sys/plugins/catalog/secret/kv', allowed: ['everything'] },
  { method: 'POST', path: '/v1/sys/plugins/pins/secret/kv', allowed: ['everything'] },
  { method: 'POST', path: '/v1/sys/plugins/reload/secret/kv', allowed: ['everything'] },
  { method: 'PUT', path: '/v1/sys/plugins/runtimes/catalog/container/x', allowed: ['everything'] },
  { method: 'GET', path: '/v1/sys/mounts', allowed: ['everything'] },
  { method: 'POST', path: '/v1/sys/mounts/secret', allowed: ['everything'] },
  { method: 'DELETE', path: '/v1/sys/mounts/secret', allowed: ['everything'] },
  { method: 'GET', path: '/v1/sys/internal/ui/mounts/secret', allowed: ['everything', 'mount:secret/'] },
  { method: 'GET', path: '/v1/sys/internal/ui/mounts/other', allowed: ['everything'] },
  { method: 'GET', path: '/v1/secret/x', allowed: ['everything', 'mount:secret/'] },
  { method: 'DELETE', path: '/v1/secret', allowed: ['everything', 'mount:secret/'] },
  { method: 'GET', path: '/v1/secrets/x', allowed: ['everything'] },
  { method: 'GET', path: '/v1/sys/secret/x', allowed: ['everything'] },
  { method: 'POST', path: '/v1/sys/leases/renew/secret/x/id', allowed: ['everything', 'mount:secret/'] },
  { method: 'POST', path: '/v1/sys/leases/revoke/other/x/id', allowed: ['everything'] },
  { method: 'GET', path: '/v1/sys/bulkhead/instances', allowed: ['everything', 'observe'] },
  { method: 'LIST', path: '/v1/sys/bulkhead/instances', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/instances/x', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/instances/x/logs', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/instances/x/follow', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/events?wrong=1', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/metrics', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/verdict', allowed: ['everything', 'observe'] },
  { method: 'GET', path: '/v1/sys/bulkhead/matrix?wrong=1', allowed: ['everything', 'observe'] },
  { method: 'POST', path: '/v1/sys/bulkhead/gc', allowed: ['everything'] },
  { method: 'GET', path: '/v1/nothing', allowed: ['everything'] },
];

describe('tokens', () => {
  it('allow what their scope says, and nothing else', async () => {
    await using server = await openEngineless();
    for (const scope of ['everything', 'catalog', 'observe', 'mount:secret/'] as const) {
      const { token } = await server.tokens.create({ name: scope, scope });
      for (const { method, path, allowed } of paths) {
        const { status } = await server.api(method, path, { token });
        assert.equal(status !== 403, allowed.includes(scope), `${scope}: ${method} ${path} is ${status}`);
      }
      const bearer = { token: '', headers: { Authorization: `Bearer ${token}` } };
      assert.equal((await server.api('GET', '/v1/auth/token/lookup-self', bearer)).status, 200);
    }
  });

  it('end with their time and when they are revoked, and survive a restart', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-tokens-'));
    const self = '/v1/auth/token/lookup-self';
    let kept: string;
    {
      await using server = await openEngineless({}, undefined, directory);
      const { token, info } = await server.tokens.create({
        name: 'a',
        scope: 'everything',
        ttlMs: 3_600_000,
      });
      kept = token;
      const { body } = await server.api('GET', self, { token });
      const { accessor, ttl, expire_time: end } = (body as { data: Record<string, unknown> }).data;
      assert.deepEqual([accessor, ttl, end], [info.id, 3600, info.expiresAt?.toISOString()]);
      const ended = await server.tokens.create({ name: 'b', scope: 'everything', ttlMs: 0 });
      assert.equal((await server.api('GET', self, { token: ended.token })).status, 403);
      const other = await server.tokens.create({ name: 'c', scope: 'everything' });
      assert.equal((await server.api('GET', self, { token: other.token })).status, 200);
      assert.equal(await server.tokens.revoke(other.info.id), true);
      assert.equal((await server.api('GET', self, { token: other.token })).status, 403);
      assert.equal(await server.tokens.revoke(other.info.id), false);
      assert.match(server.http.adminToken ?? '', /^bulkhead\.[0-9a-f]{16}\.[\w-]{43}$/);
    }
    await using server = await openEngineless({}, undefined, directory);
    assert.equal(server.http.adminToken, undefined);
    assert.equal((await server.api('GET', self, { token: kept })).status, 200);
    for (const wrong of [`${kept.slice(0, -1)}!`, `${kept.slice(0, -3)}AAA`, kept.toUpperCase(), 'x'])
      assert.equal((await server.api('GET', self, { token: wrong })).status, 403);
    const files = await readdir(directory, { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), 'latin1');
      assert.ok(!text.includes(kept.split('.')[2] ?? ''), `${file.name} holds the token`);
    }
    await rm(directory, { recursive: true });
  });

  it('are made, listed and revoked by the command, which a server sees at once', async () => {
    await using server = await openEngineless();
    const run = (...words: string[]) => bulkhead(words, { BULKHEAD_DIRECTORY: server.directory });
    const made = run('token', 'create', '-scope=mount:auth/jwt', '-ttl=24h', '-name=staff', '-format=json');
    assert.equal(made.status, 0, made.stderr);
    const { token, id, scope } = JSON.parse(made.stdout) as Record<string, string>;
    assert.equal(scope, 'mount:auth/jwt/');
    assert.equal((await server.api('GET', '/v1/auth/token/lookup-self', { token: token ?? '' })).status, 200);
    const listed = run('token', 'list', '-format=json');
    assert.ok(!listed.stdout.includes(token ?? ''));
    assert.deepEqual(
      (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name),
      ['admin', 'staff'],
    );
    assert.match(run('token', 'revoke', id ?? '').stdout, /^Success! Revoked the token: [0-9a-f]{16}\n$/);
    assert.match(run('token', 'revoke', id ?? '').stdout, /^There is no token/);
    assert.equal((await server.api('GET', '/v1/auth/token/lookup-self', { token: token ?? '' })).status, 403);
    for (const wrong of ['-scope=mount:', '-scope=mount:a/../b', '-scope=all', '-ttl=0', '-ttl=soon'])
      assert.equal(run('token', 'create', wrong).status, 2, wrong);
  });
});
