/** Server-sent events: their text, what is left out for a slow reader, and the limits of the streams. */
import { once } from 'node:events';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EventQueue } from '../../src/server/streams/event-queue.ts';
import { serverSentEvent, signOfLife } from '../../src/server/streams/server-sent-events.ts';
import type { Route } from '../../src/server/routes/route.ts';
import { openEngineless } from './support/engineless.ts';
import { openEvents } from './support/event-reader.ts';

describe('the text of an event', () => {
  it('is one line of data, whatever is in it, and steers no terminal', () => {
    const text = 'a\n\nevent: b\r\ndata: c\u001b[2J\u202e\u2028';
    const event = serverSentEvent('line', { text });
    assert.match(event, /^event: line\ndata: [^\n\r\u2028]+\n\n$/);
    // eslint-disable-next-line no-control-regex -- it must not be there
    assert.doesNotMatch(event, /[\u001b\u202e]/);
    assert.deepEqual(JSON.parse(event.split('\n')[1]?.slice('data: '.length) ?? ''), { text });
  });
});

describe('a queue of events', () => {
  const { signal } = new AbortController();

  it('leaves out what there is no room for, and says how much', async () => {
    const queue = new EventQueue({ mostWaiting: 100 });
    for (let at = 0; at < 50; at += 1) queue.push('line', { at, text: 'x'.repeat(10) });
    queue.end('end', {});
    let seen = '';
    for await (const text of queue.read(signal)) seen += text;
    const names = [...seen.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
    assert.deepEqual(names, ['line', 'line', 'line', 'left-out', 'end']);
    assert.match(seen, /^data: \{"count":47\}$/m);
  });

  it('goes on after a reader has caught up', async () => {
    const queue = new EventQueue({ mostWaiting: 60 });
    const read = queue.read(signal);
    for (const at of [1, 2, 3, 4]) queue.push('line', { at });
    assert.match(String((await read.next()).value), /"at":1/);
    queue.push('line', { at: 5 });
    const next = String((await read.next()).value);
    assert.match(next, /"count":\d[\s\S]*"at":5/);
  });

  it('shows signs of life while nothing happens, and ends with the abort', async () => {
    const over = new AbortController();
    const read = new EventQueue({ lifeMs: 1 }).read(over.signal);
    assert.equal((await read.next()).value, signOfLife);
    const next = read.next();
    over.abort();
    await next;
    assert.equal((await read.next()).done, true);
  });
});

/** Streams that last until they are ended, and count how many of them are read. */
function lastingRoutes(): { readonly routes: Route[]; readonly open: () => number } {
  let open = 0;
  const lasting = async function* (signal: AbortSignal, text: string): AsyncGenerator<string> {
    open += 1;
    try {
      yield serverSentEvent('ready', {});
      while (!signal.aborted) {
        if (text === '') await once(signal, 'abort');
        else yield serverSentEvent('line', { text });
      }
    } finally {
      open -= 1;
    }
  };
  const route = (pattern: string, text: string): Route => ({
    ...{ method: 'GET', pattern, needs: 'observe', lasting: true },
    handle: ({ signal }) => ({ kind: 'stream', headers: {}, body: lasting(signal, text) }),
  });
  return {
    routes: [route('/v1/quiet', ''), route('/v1/flood', 'x'.repeat(64 * 1024))],
    open: () => open,
  };
}

describe('answers that last', () => {
  it('are limited for each token and in all, and give their places back', async () => {
    const { routes, open } = lastingRoutes();
    await using server = await openEngineless({ limits: { lasting: 3, lastingOfToken: 2 } }, routes);
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => (await server.tokens.create({ name, scope: 'observe' })).token),
    );
    assert.ok(one !== undefined && other !== undefined);
    const at = server.http.socketPath;
    const first = await openEvents(at, '/v1/quiet', one);
    await using second = await openEvents(at, '/v1/quiet', one);
    await Promise.all([first.next('ready'), second.next('ready')]);
    const refused = await server.api('GET', '/v1/quiet', { token: one });
    assert.equal(refused.status, 503, refused.text);
    assert.match(refused.text, /this token has 2 answers that last already/);
    assert.equal((refused.body as { may_repeat: boolean }).may_repeat, true);
    await using third = await openEvents(at, '/v1/quiet', other);
    await third.next('ready');
    assert.equal((await server.api('GET', '/v1/quiet', { token: other })).status, 503);
    await first[Symbol.asyncDispose]();
    while (open() > 2) await turn();
    await using again = await openEvents(at, '/v1/quiet', one);
    assert.equal(again.status, 200);
    await again.next('ready');
  });

  it('end when their token is revoked', async () => {
    const { routes } = lastingRoutes();
    await using server = await openEngineless({}, routes);
    const { token, info } = await server.tokens.create({ name: 'a', scope: 'observe' });
    await using events = await openEvents(server.http.socketPath, '/v1/quiet', token);
    await events.next('ready');
    await server.tokens.revoke(info.id);
    assert.deepEqual(await events.rest(), []);
    assert.equal((await server.api('GET', '/v1/quiet', { token })).status, 403);
  });

  it('end with the server, whoever reads them', async () => {
    const { routes, open } = lastingRoutes();
    await using server = await openEngineless({}, routes);
    const token = server.http.adminToken ?? '';
    await using events = await openEvents(server.http.socketPath, '/v1/quiet', token);
    await using unread = await openEvents(server.http.socketPath, '/v1/flood', token);
    await events.next('ready');
    unread.response.pause();
    await server.http.close();
    assert.deepEqual(await events.rest(), []);
    assert.equal(open(), 0);
  });

  it('wait for a slow reader, and disconnect one that stands still', async () => {
    const { routes, open } = lastingRoutes();
    await using server = await openEngineless({ limits: { stillMs: 300 } }, routes);
    const token = server.http.adminToken ?? '';
    await using unread = await openEvents(server.http.socketPath, '/v1/flood', token);
    unread.response.pause();
    while (open() === 0) await turn();
    const before = process.memoryUsage().external;
    while (open() > 0) await turn();
    assert.ok(process.memoryUsage().external - before < 32 * 1024 * 1024);
  });
});
