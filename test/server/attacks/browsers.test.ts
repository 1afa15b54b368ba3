/** Pages of somebody else that a browser of the same machine has open: across origins, and by a name that leads here. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { noChromium, openPage } from '../../cli/chromium.ts';
import { apiClient } from '../support/api-client.ts';
import { openRecorder } from '../support/recorder.ts';

describe('a page of somebody else', { timeout: 120_000 }, () => {
  it('that is called by another name is told nothing', async () => {
    await using server = await openRecorder({}, 'nothing');
    const ask = apiClient(server.url);
    const { port } = new URL(server.url);
    const others = [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil.example:${port}`,
      `localhost:${Number(port) + 1}`,
      'localhost',
      '127.0.0.1',
      `127.0.0.2:${port}`,
      `0.0.0.0:${port}`,
      `[::]:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      `localhost.:${port}`,
      `a@localhost:${port}`,
      `localhost:${port}, evil.example`,
      `localhost:${port}/`,
      `localhost:0${port}`,
    ];
    for (const host of others) {
      const { status, text } = await ask('GET', '/v1/a', { headers: { Host: host } });
      assert.ok(status === 421 || status === 400, `${host}: ${status} ${text}`);
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      assert.equal((await ask('GET', '/v1/ours', { headers: { Host: host } })).status, 200, host);
    assert.deepEqual(new Set(server.reached), new Set(['GET ours']));
  });

  it('that sends from its own origin is told nothing', async () => {
    await using server = await openRecorder({}, 'nothing');
    const ask = apiClient(server.url);
    const foreign: readonly Record<string, string>[] = [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: '' },
      { Origin: 'http://127.0.0.1:1' },
      { Origin: `${server.url}.evil.example` },
      { Origin: server.url.replace('127.0.0.1', 'localhost') },
      { Origin: server.url.replace('http:', 'ftp:') },
      { Origin: `${server.url}/` },
      { Origin: `${server.url}, http://evil.example` },
      { Origin: 'file://' },
      { Origin: 'chrome-extension://abc' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: server.url, 'Sec-Fetch-Site': 'cross-site' },
    ];
    for (const headers of foreign)
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        const answer = await ask(method, '/v1/a', { headers });
        const what = `${method} ${JSON.stringify(headers)}: ${answer.status}`;
        assert.equal(answer.status, 403, what);
        const allowing = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
        assert.deepEqual(allowing, [], what);
      }
    assert.deepEqual(server.reached, []);
    const own = { Origin: server.url, 'Sec-Fetch-Site': 'same-origin' };
    assert.equal((await ask('POST', '/v1/ours', { headers: own })).status, 200);
    assert.equal((await ask('GET', '/v1/ours', { headers: { 'Sec-Fetch-Site': 'none' } })).status, 200);
  });

  it('never may read an answer, or put it in a frame', async () => {
    await using server = await openRecorder({}, 'nothing');
    const { headers } = await apiClient(server.url)('GET', '/v1/a');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('gets nowhere in a real browser', { skip: noChromium }, async () => {
    await using server = await openRecorder({}, 'nothing');
    const { token } = await server.tokens.create({ name: 'stolen', scope: 'everything' });
    // The page of the attacker, from a web server on another port.
    const evil = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>evil</title>');
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    try {
      await using page = await openPage();
      await page.visit(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      assert.equal(await page.evaluate('document.title'), 'evil');
      const attempt = (options: object) =>
        page.evaluate<string>(
          `fetch(${JSON.stringify(`${server.url}/v1/a`)}, ${JSON.stringify(options)}).then((got) => got.type + ' ' + got.status, (error) => error.name)`,
        );
      assert.equal(await attempt({ headers: { 'X-Vault-Token': token } }), 'TypeError');
      assert.equal(await attempt({ method: 'DELETE' }), 'TypeError');
      assert.equal(await attempt({ method: 'POST', body: '{}', mode: 'cors' }), 'TypeError');
      assert.equal(await attempt({ method: 'POST', body: '{}', mode: 'no-cors' }), 'TypeError'); // by its resource policy
      assert.equal(await attempt({ mode: 'no-cors' }), 'TypeError');
    } finally {
      evil.close();
    }
    assert.deepEqual(server.reached, []);
  });
});
