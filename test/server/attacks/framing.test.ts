/**
 * Where one request ends and the next begins is never a matter of opinion: what two parsers could read in two ways is
 * refused, and nothing that was hidden in a request is carried out.
 */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { describe, it } from 'node:test';
import { apiClient } from '../support/api-client.ts';
import { openEngineless } from '../support/engineless.ts';
import { sendRaw } from '../support/raw-connection.ts';
import { openRecorder, type Recorder } from '../support/recorder.ts';

/** The server gives up on what never ends. */
const limits = { headersMs: 300, arrivalMs: 300 };

const host = 'Host: 127.0.0.1:PORT';
const hidden = `GET /v1/hidden HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`;

function post(headers: readonly string[], body: string): string {
  return `POST /v1/outer HTTP/1.1\r\n${[host, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** Requests that a proxy in front could understand in another way. */
const ambiguous: Readonly<Record<string, string>> = {
  'a length and a transfer encoding': post(
    ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    `0\r\n\r\n${hidden}`,
  ),
  'a transfer encoding and a length': post(
    ['Transfer-Encoding: chunked', 'Content-Length: 4'],
    `0\r\n\r\n${hidden}`,
  ),
  'two lengths that differ': post(
    ['Content-Length: 2', `Content-Length: ${hidden.length + 2}`],
    `{}${hidden}`,
  ),
  'two lengths that are alike': post(['Content-Length: 2', 'Content-Length: 2'], `{}${hidden}`),
  'a list of lengths': post(['Content-Length: 2, 2'], `{}${hidden}`),
  'a length with a sign': post(['Content-Length: +2'], `{}${hidden}`),
  'a negative length': post(['Content-Length: -2'], `{}${hidden}`),
  'a length in hexadecimal digits': post(['Content-Length: 0x2'], `{}${hidden}`),
  'a length with an exponent': post(['Content-Length: 2e0'], `{}${hidden}`),
  'an empty length': post(['Content-Length: '], hidden),
  'a length beyond 64 bits': post(['Content-Length: 18446744073709551618'], `{}${hidden}`),
  'a blank before the colon': post(['Transfer-Encoding : chunked'], `0\r\n\r\n${hidden}`),
  'a tab before the colon': post(['Content-Length\t: 2'], `{}${hidden}`),
  'a vertical tab before chunked': post(['Transfer-Encoding: \x0bchunked'], `0\r\n\r\n${hidden}`),
  'an encoding that is unknown': post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${hidden}`),
  'the identity encoding': post(['Transfer-Encoding: identity', 'Content-Length: 2'], `{}${hidden}`),
  'chunked that is not the last': post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${hidden}`),
  'chunked after something': post(['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n${hidden}`),
  'chunked in two headers': post(
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    `0\r\n\r\n${hidden}`,
  ),
  'a header that goes on in the next line': post(['X-Fold: a', ' b', 'Content-Length: 2'], `{}${hidden}`),
  'a folded transfer encoding': post(['Transfer-Encoding:', ' chunked'], `0\r\n\r\n${hidden}`),
  'a line end without a carriage return': `POST /v1/outer HTTP/1.1\n${host}\nContent-Length: 2\n\n{}${hidden}`,
  'a carriage return alone in a header': post(['X-A: b\rContent-Length: 2'], hidden),
  'a null byte in a header': post(['X-A: b\0c', 'Content-Length: 2'], `{}${hidden}`),
  'a blank in the name of a header': post(['X A: b', 'Content-Length: 2'], `{}${hidden}`),
  'a header without a colon': post(['Content-Length 2'], hidden),
  'a header without a name': post([': 2'], hidden),
  'a chunk of a length with a sign': post(['Transfer-Encoding: chunked'], `+2\r\n{}\r\n0\r\n\r\n${hidden}`),
  'a chunk of a length beyond 64 bits': post(
    ['Transfer-Encoding: chunked'],
    `10000000000000002\r\n{}\r\n0\r\n\r\n${hidden}`,
  ),
  'a chunk that is longer than it says': post(
    ['Transfer-Encoding: chunked'],
    `1\r\n{}\r\n0\r\n\r\n${hidden}`,
  ),
  'a chunk whose line ends without a carriage return': post(
    ['Transfer-Encoding: chunked'],
    `2\n{}\n0\n\n${hidden}`,
  ),
  'a line end within the extension of a chunk': post(
    ['Transfer-Encoding: chunked'],
    `2;a\nb\r\n{}\r\n0\r\n\r\n${hidden}`,
  ),
  'a second host': `GET /v1/outer HTTP/1.1\r\n${host}\r\nHost: example.com\r\nConnection: close\r\n\r\n`,
  'the same host twice': `GET /v1/outer HTTP/1.1\r\n${host}\r\n${host}\r\nConnection: close\r\n\r\n`,
  'an empty host': 'GET /v1/outer HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n',
  'no host': 'GET /v1/outer HTTP/1.1\r\nConnection: close\r\n\r\n',
  'two tokens': `GET /v1/outer HTTP/1.1\r\n${host}\r\nX-Vault-Token: a\r\nX-Vault-Token: b\r\nConnection: close\r\n\r\n`,
  'two authorizations': `GET /v1/outer HTTP/1.1\r\n${host}\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n`,
  'the target of a proxy': `GET http://127.0.0.1:PORT/v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'the target of another server': `GET http://example.com/v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'a target with user and password': `GET //a:b@127.0.0.1/v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'a target of a tunnel': `CONNECT 127.0.0.1:PORT HTTP/1.1\r\n${host}\r\n\r\n${hidden}`,
  'a target without a slash': `GET v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'an asterisk': `OPTIONS * HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'a blank in the target': `GET /v1/outer x HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'no version': `GET /v1/outer\r\n\r\n${hidden}`,
  'an unknown version': `GET /v1/outer HTTP/3.0\r\n${host}\r\nConnection: close\r\n\r\n`,
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a list that hides another': `LIST /v1/outer HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'a method with a blank before it': ` GET /v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  'a method in small letters': `get /v1/outer HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
};

describe('a request that two could read in two ways', { timeout: 120_000 }, () => {
  it('is refused, and hides none that is carried out', async () => {
    await using server = await openRecorder({ limits });
    assert.deepEqual(await letThrough(server, server.url, Object.entries(ambiguous)), []);
    // The server is as good as before.
    const { port } = new URL(server.url);
    const { statuses } = await sendRaw(server.url, [server.signed(hidden.replace('PORT', port))]);
    assert.deepEqual([statuses, server.reached], [[200], ['GET hidden']]);
  });

  it('is told so in the form of every other error', async () => {
    await using server = await openRecorder({ limits });
    for (const [bytes, status] of [
      ['BROKEN\r\n\r\n', 400],
      [`GET /v1/a HTTP/1.1\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET /v1/a HTTP/1.1\r\nX-A: ', 408],
    ] as const) {
      const { text, statuses } = await sendRaw(server.http.socketPath, [bytes]);
      assert.deepEqual(statuses, [status]);
      assert.match(text, /^Content-Type: application\/json\r$/m);
      const said = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Record<string, unknown>;
      assert.deepEqual(Object.keys(said), ['errors', 'may_repeat', 'request_id']);
      assert.equal(said['may_repeat'], false);
    }
  });

  it('is refused on the unix socket as well', async () => {
    await using server = await openRecorder({ limits });
    const cases = Object.entries(ambiguous).filter(([what]) => !what.includes('host')); // nobody names a unix socket
    assert.deepEqual(await letThrough(server, server.http.socketPath, cases), []);
  });
});

/** What was answered with anything but one refusal, or has reached a handler. */
async function letThrough(
  server: Recorder,
  at: string,
  cases: readonly (readonly [string, string])[],
): Promise<string[]> {
  const through: string[] = [];
  const { port } = new URL(server.url);
  for (const [what, bytes] of cases) {
    const { statuses, text } = await sendRaw(at, [server.signed(bytes.replaceAll('PORT', port))]);
    const isRefused = statuses.length <= 1 && statuses.every((status) => status >= 400 && status < 500);
    if (!isRefused || server.reached.length > 0)
      through.push(`${what}: ${server.reached.join(', ')}; ${text}`);
    server.reached.length = 0;
  }
  return through;
}

describe('a request that says clearly what it is', { timeout: 120_000 }, () => {
  it('is understood wherever its packets begin', async () => {
    await using server = await openRecorder({ limits });
    const body = '{"a":"LIST b"}';
    const requests: Readonly<Record<string, readonly string[]>> = {
      'LIST outer': [`LIST /v1/outer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
      'LIST after an empty line': [`\r\nLIST /v1/outer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
      [`POST outer ${body}`]: [
        `POST /v1/outer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ],
    };
    for (const [what, [bytes = '']] of Object.entries(requests)) {
      const sent = server.signed(bytes);
      for (let at = 1; at < sent.length; at += 1) {
        server.reached.length = 0;
        const { text } = await sendRaw(server.http.socketPath, [sent.slice(0, at), sent.slice(at)]);
        const wanted = what.startsWith('POST') ? what : 'LIST outer';
        assert.deepEqual(server.reached, [wanted], `${what}, divided at ${at}: ${text}`);
      }
    }
  });

  it('is answered in its turn, however many come in one packet', async () => {
    await using server = await openRecorder({ limits });
    const one = (method: string, path: string, last = false): string =>
      `${method} /v1/${path} HTTP/1.1\r\nHost: x\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const put = 'PUT /v1/b HTTP/1.1\r\nHost: x\r\nContent-Length: 22\r\n\r\n{"x":"LIST /v1/c, HTT"}'.replace(
      '22',
      '23',
    );
    const { statuses } = await sendRaw(server.http.socketPath, [
      server.signed(
        one('LIST', 'a') +
          put +
          one('GET', 'c?list=1') +
          one('GET', 'd?list=true') +
          one('DELETE', 'e', true),
      ),
    ]);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
    assert.deepEqual(server.reached, [
      'LIST a',
      'POST b {"x":"LIST /v1/c, HTT"}',
      'LIST c',
      'LIST d',
      'DELETE e',
    ]);
  });

  it('begins only when the one before it on the connection has ended', async () => {
    const ends: (() => void)[] = [];
    const events: string[] = [];
    const begun: (() => void)[] = [];
    const first = new Promise<void>((resolve) => begun.push(resolve));
    await using server = await openEngineless({}, [
      {
        ...{ method: 'POST', pattern: '/v1/*path', needs: 'nothing' },
        handle: async ({ path }) => {
          events.push(`begins ${path}`);
          begun.pop()?.();
          if (path === 'a') await new Promise<void>((resolve) => ends.push(resolve));
          events.push(`ends ${path}`);
          return { kind: 'empty' };
        },
      },
    ]);
    const post = (path: string, more = ''): string =>
      `POST /v1/${path} HTTP/1.1\r\nHost: x\r\n${more}Content-Length: 0\r\n\r\n`;
    const answered = sendRaw(server.http.socketPath, [post('a') + post('b', 'Connection: close\r\n')]);
    await first;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    for (const end of ends) end();
    assert.deepEqual((await answered).statuses, [204, 204]);
    assert.deepEqual(events, ['begins a', 'ends a', 'begins b', 'ends b']);
  });

  it('is answered on a connection whose last answer is over, also where that was a refusal', async () => {
    await using server = await openRecorder();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = apiClient(server.url);
    for (const [token, status] of [
      [server.token, 200],
      ['', 403],
      [server.token, 200],
    ] as const) {
      assert.equal((await ask('POST', '/v1/a', { token, agent, body: {} })).status, status);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    }
    agent.destroy();
    assert.deepEqual(server.reached, ['POST a', 'POST a']);
  });

  it('is answered by headers alone where it asks for them', async () => {
    await using server = await openRecorder({ limits });
    const head = 'HEAD /v1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const { text, statuses } = await sendRaw(server.http.socketPath, [server.signed(head)]);
    assert.deepEqual([statuses, server.reached], [[200], ['GET a']]);
    assert.ok(text.endsWith('\r\n\r\n'), text);
  });

  it('is not answered by the refusal of another one behind it', async () => {
    let end: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    await using server = await openEngineless({}, [
      {
        ...{ method: 'POST', pattern: '/v1/*path', needs: 'nothing' },
        handle: async () => {
          begun();
          await new Promise<void>((resolve) => (end = resolve));
          return { kind: 'empty' };
        },
      },
    ]);
    const post = 'POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
    const { text } = await sendRaw(server.http.socketPath, [`${post}BROKEN\r\n\r\n`]);
    await isBegun;
    end();
    assert.equal(text, '', 'the write is under way, and no status tells of it');
  });

  it('may ask whether its body is wanted', async () => {
    await using server = await openRecorder({ limits });
    const head =
      'POST /v1/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 9\r\n\r\n';
    const { statuses } = await sendRaw(server.http.socketPath, [server.signed(head), '{"b":"c"}']);
    assert.deepEqual([statuses, server.reached], [[100, 200], ['POST a {"b":"c"}']]);
  });
});
