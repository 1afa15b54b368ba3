/** What every request meets before a handler does: paths, methods, tokens, origins, limits. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { Agent, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import type { AccessLogEntry } from '../../src/server/index.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import type { Answer } from '../../src/server/http/answer.ts';
import type { Route } from '../../src/server/routes/route.ts';
import { apiClient, type Got } from './support/api-client.ts';
import { openEngineless } from './support/engineless.ts';

it('answers no path but sys/health and the files of the page without a token', async () => {
  await using server = await openEngineless();
  const { status, headers, body } = await server.api('GET', '/v1/sys/health', { token: '' });
  assert.equal(status, 200);
  assert.equal((body as { sealed: boolean }).sealed, false);
  assert.match(String(headers['x-vault-request-id']), /^[0-9a-f-]{36}$/);
  for (const path of ['/v1/sys/seal-status', '/v1/nothing', '/', '/v1/auth/token/lookup-self', '/ui/a/b']) {
    for (const token of ['', 'wrong', 'bulkhead.0000000000000000.' + 'a'.repeat(43)]) {
      const refused = await server.api('GET', path, { token });
      assert.deepEqual(
        [refused.status, (refused.body as { errors: unknown }).errors],
        [403, ['permission denied']],
      );
    }
  }
  const self = await server.api('GET', '/v1/auth/token/lookup-self');
  assert.equal(self.status, 200, self.text);
  assert.deepEqual((self.body as { data: { policies: unknown } }).data.policies, ['everything']);
});

it('takes LIST, which the parser of Node.js does not know, also on a connection that is used again', async () => {
  const routes: Route[] = [
    { method: 'LIST', pattern: '/v1/names', needs: 'token', handle: () => json({ is: 'list' }) },
    { method: 'POST', pattern: '/v1/names', needs: 'token', handle: ({ body }) => json(body) },
  ];
  await using server = await openEngineless({ listen: { port: 0 } }, routes);
  const api = apiClient(server.http.url ?? '', server.http.adminToken);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const said = { said: 'LIST / HTTP/1.1' };
  for (const method of ['LIST', 'POST', 'LIST', 'LIST']) {
    const got = await api(method, '/v1/names', { agent, ...(method === 'POST' && { body: said }) });
    assert.deepEqual([got.status, got.body], [200, method === 'POST' ? said : { is: 'list' }]);
  }
  agent.destroy();
});

it('decodes a path once, and refuses one that could mean two things', async () => {
  const echo: Route[] = [
    { method: 'GET', pattern: '/v1/*path', needs: 'token', handle: ({ path }) => json({ path }) },
  ];
  await using server = await openEngineless({}, echo);
  for (const [sent, path] of [
    ['/v1/a%20b/c', 'a b/c'],
    ['/v1/a%252fb', 'a%2fb'],
    ['/v1/...', '...'],
    ['/v1/a/?x=../..', 'a/'],
    ['/v1/%F0%9F%8E%A8', '🎨'],
  ]) {
    const got = await server.api('GET', sent ?? '');
    assert.deepEqual([got.status, got.body], [200, { path }], sent);
  }
  for (const sent of [
    ...['/v1/../ui', '/v1/a/../b', '/v1/a/./b', '/v1/%2e%2e/b', '/v1/a/%2E', '/v1//a', '//v1/a', '/v1/a%2Fb'],
    ...['/v1/a%5Cb', '/v1/a%00', '/v1/a%0a', '/v1/%', '/v1/%zz', '/v1/%ff', '/v1/a\\b', 'http://else/v1/a'],
  ]) {
    const got = await server.api('GET', sent);
    assert.equal(got.status, 400, sent);
    assert.match(errorOf(got), /the path of the request is refused/);
  }
});

it('answers nobody who calls it by another name, or for a page of another origin', async () => {
  await using server = await openEngineless({ listen: { port: 0 } });
  const { url = '', adminToken = '' } = server.http;
  const { port, host } = new URL(url);
  const api = apiClient(url, adminToken);
  const asks = async (headers: OutgoingHttpHeaders) =>
    (await api('GET', '/v1/sys/seal-status', { headers })).status;
  assert.equal(await asks({ Host: `localhost:${port}` }), 200);
  assert.equal(await asks({ Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' }), 200);
  for (const Host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${Number(port) + 1}`,
    '0.0.0.0',
  ])
    assert.equal(await asks({ Host }), 421, Host);
  for (const Origin of [
    'http://evil.example',
    'null',
    `http://localhost:${port}1`,
    `https://evil.example:${port}`,
  ])
    assert.equal(await asks({ Origin }), 403, Origin);
  for (const site of ['cross-site', 'same-site']) assert.equal(await asks({ 'Sec-Fetch-Site': site }), 403);
  const preflight = await api('OPTIONS', '/v1/sys/health', { headers: { Origin: 'http://evil.example' } });
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [403, undefined]);
  for (const lines of [
    ['GET /v1/sys/health HTTP/1.1', `Host: ${host}`, 'Host: evil.example'],
    ['GET /v1/sys/health HTTP/1.1', `Host: ${host}`, 'X-Vault-Token: a', 'X-Vault-Token: b'],
    ['GET /v1/sys/health HTTP/1.1'],
    ['POST /v1/sys/health HTTP/1.1', `Host: ${host}`, 'Content-Length: 0', 'Transfer-Encoding: chunked'],
    ['POST /v1/sys/health HTTP/1.1', `Host: ${host}`, 'Transfer-Encoding: gzip, chunked'],
  ])
    assert.match(await exchange(Number(port), lines), /^HTTP\/1\.1 400 /, lines.join(', '));
});

it('listens on loopback addresses alone, with a certificate where one is given', async () => {
  for (const address of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.com', '::ffff:10.0.0.1'])
    await assert.rejects(openEngineless({ listen: { address, port: 0 } }), { code: 'INVALID_OPTION' });
  const { certificatePem: cert, privateKeyPem: key } = await createIdentity();
  await using server = await openEngineless({ listen: { port: 0, tls: { cert, key } } });
  assert.match(server.http.url ?? '', /^https:/);
  const api = apiClient(server.http.url ?? '', server.http.adminToken, cert);
  assert.equal((await api('LIST', '/v1/sys/plugins/runtimes/catalog')).status, 200);
  const { mode } = await stat(server.http.socketPath);
  const { mode: folder } = await stat(dirname(server.http.socketPath));
  assert.deepEqual([mode & 0o777, folder & 0o777], [0o600, 0o700]);
});

it('limits what a caller can make it use', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let begun: () => void = () => undefined;
  const working = new Promise<void>((resolve) => (begun = resolve));
  const routes: Route[] = [
    { method: 'POST', pattern: '/v1/echo', needs: 'token', handle: ({ body }) => json({ ...body }) },
    {
      ...{ method: 'GET', pattern: '/v1/held', needs: 'token' },
      handle: async () => {
        begun();
        await held;
        return json({ held: true });
      },
    },
    { method: 'POST', pattern: '/v1/never', needs: 'token', handle: () => new Promise(() => undefined) },
  ];
  const limits = {
    bodyBytes: 1000,
    headerBytes: 4096,
    requests: 1,
    requestMs: 200,
    headersMs: 300,
    arrivalMs: 300,
  };
  await using server = await openEngineless({ listen: { port: 0 }, limits }, routes);
  const { api, http } = server;
  const { port } = new URL(http.url ?? '');
  assert.equal((await api('POST', '/v1/echo', { body: { a: 'x'.repeat(900) } })).status, 200);
  assert.equal((await api('POST', '/v1/echo', { body: { a: 'x'.repeat(1000) } })).status, 413);
  for (const body of ['[1]', '"x"', '{', 'a=b', '{"a":1}x', '['.repeat(900)])
    assert.equal((await api('POST', '/v1/echo', { body })).status, 400, body);
  const proto = await api('POST', '/v1/echo', { body: '{"__proto__":{"polluted":1}}' });
  assert.equal(proto.status, 200);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal((await api('GET', '/v1/held', { headers: { Cookie: 'x'.repeat(5000) } })).status, 431);

  const never = await api('POST', '/v1/never', { body: {} });
  assert.deepEqual([never.status, mayRepeat(never)], [409, false], 'it may have been carried out');
  const first = api('GET', '/v1/held');
  await working;
  const second = await api('POST', '/v1/echo', { body: {} });
  assert.deepEqual([second.status, mayRepeat(second), second.headers['retry-after']], [503, true, '1']);
  release();
  assert.equal((await first).status, 200);

  const slow = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  slow.write('GET /v1/held HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  assert.match(await text(slow), /^HTTP\/1\.1 408 /, 'headers that do not end');
});

it('ends with the requests that it has, and answers no more', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let begun: () => void = () => undefined;
  const working = new Promise<void>((resolve) => (begun = resolve));
  let started: () => void = () => undefined;
  const streaming = new Promise<void>((resolve) => (started = resolve));
  let ended: () => void = () => undefined;
  const streamEnded = new Promise<void>((resolve) => (ended = resolve));
  async function* pieces(signal: AbortSignal): AsyncGenerator<string> {
    started();
    try {
      yield 'first';
      await once(signal, 'abort');
    } finally {
      ended();
    }
  }
  const routes: Route[] = [
    {
      ...{ method: 'GET', pattern: '/v1/held', needs: 'token' },
      handle: async () => {
        begun();
        await held;
        return json({ held: true });
      },
    },
    {
      ...{ method: 'GET', pattern: '/v1/stream', needs: 'token', lasting: true },
      handle: ({ signal }) => ({
        kind: 'stream',
        headers: { 'Content-Type': 'text/plain' },
        body: pieces(signal),
      }),
    },
  ];
  const entries: AccessLogEntry[] = [];
  await using server = await openEngineless({ accessLog: (entry) => entries.push(entry) }, routes);
  const { api, http } = server;
  const request = api('GET', '/v1/held?secret=x');
  await working;
  const stream = api('GET', '/v1/stream');
  await streaming;
  const closed = http.close();
  assert.equal((await stream).text, 'first');
  await streamEnded;
  release();
  assert.equal((await request).status, 200);
  await closed;
  await assert.rejects(api('GET', '/v1/held'), { code: 'ENOENT' });
  const held200 = entries.find(({ path }) => path === '/v1/held');
  assert.deepEqual([held200?.status, held200?.method, held200?.tokenId.length], [200, 'GET', 16]);
  assert.ok(!JSON.stringify(entries).includes('secret'));
  assert.ok(!JSON.stringify(entries).includes(http.adminToken ?? 'none'));
});

/** Sends these lines as they are, and reads until the other side closes. */
async function exchange(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'));
  return text(socket);
}

function errorOf({ body }: Got): string {
  return (body as { errors: string[] }).errors.join('\n');
}

function mayRepeat({ body }: Got): unknown {
  return (body as { may_repeat: unknown }).may_repeat;
}

function json(body: object): Answer {
  return { kind: 'json', body: { ...body } };
}
