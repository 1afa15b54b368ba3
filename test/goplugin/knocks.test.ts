/** Who gets which stream, whatever the other side does with its knocks. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { KnockAcceptor } from '../../src/goplugin/broker/knock-acceptor.ts';
import { MultiplexBroker } from '../../src/goplugin/broker/multiplex-broker.ts';
import { Knocks } from '../../src/goplugin/broker/knocks.ts';
import type { ConnInfo } from '../../src/goplugin/wire/messages.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import type { YamuxStream } from '../../src/goplugin/yamux/stream.ts';
import { socketPair } from './fixtures/sockets.ts';

const limits = { timeout: 20_000 };

const knock = (serviceId: number): ConnInfo => message(serviceId, { ack: false });
const message = (serviceId: number, { ack, error = '' }: { ack: boolean; error?: string }): ConnInfo => ({
  serviceId,
  network: '',
  address: '',
  knock: { knock: true, ack, error },
});

test('promises one stream at a time, so that none can reach the wrong service', limits, () => {
  const sent: ConnInfo[] = [];
  const knockAcceptor = new KnockAcceptor((info) => void sent.push(info));
  const got: string[] = [];
  for (const id of [7, 9]) knockAcceptor.open(id, () => void got.push(`service ${id}`));
  for (const id of [9, 7, 9]) knockAcceptor.knocked(id);
  assert.deepEqual(sent, [message(9, { ack: true })]);
  assert.ok(knockAcceptor.take(new PassThrough()));
  assert.deepEqual(sent.slice(1), [message(7, { ack: true })]);
  assert.ok(knockAcceptor.take(new PassThrough()));
  assert.ok(knockAcceptor.take(new PassThrough()));
  assert.deepEqual(got, ['service 9', 'service 7', 'service 9']);
  assert.equal(knockAcceptor.take(new PassThrough()), false, 'nobody was promised a fourth');
  knockAcceptor.closeAll();
});

test('answers a knock at a door that opens later, and turns away one that has closed', limits, () => {
  const sent: ConnInfo[] = [];
  const knockAcceptor = new KnockAcceptor((info) => void sent.push(info));
  knockAcceptor.knocked(5);
  assert.equal(sent.length, 0);
  knockAcceptor.open(5, () => undefined);
  assert.deepEqual(sent[0], message(5, { ack: true }));
  knockAcceptor.open(6, () => undefined);
  knockAcceptor.knocked(6);
  knockAcceptor.close(6);
  const late = new PassThrough();
  knockAcceptor.close(5);
  assert.ok(knockAcceptor.take(late));
  assert.ok(late.destroyed, 'a stream for a door that has closed meanwhile');
  assert.match(sent[1]?.knock?.error ?? '', /nothing is served under id 6 any more/);
  knockAcceptor.closeAll();
});

test('keeps a bounded number of knocks', limits, () => {
  const sent: ConnInfo[] = [];
  const knockAcceptor = new KnockAcceptor((info) => void sent.push(info));
  for (let id = 1; id <= 5000; id += 1) knockAcceptor.knocked(id);
  assert.equal(sent.length, 5000 - 1024);
  assert.ok(sent.every(({ knock: answer }) => answer?.error === 'too many knocks are waiting'));
  knockAcceptor.closeAll();
});

test('consumes the stream that a late acknowledgement has promised', limits, async () => {
  await using pair = await sessions();
  const sent: ConnInfo[] = [];
  const knocks = new Knocks(
    () => pair.client,
    (info) => void sent.push(info),
  );
  await assert.rejects(knocks.dial(7, { timeoutMs: 20 }), { code: 'BROKER_NOT_ANNOUNCED', id: 7 });
  assert.deepEqual(sent, [knock(7)]);
  knocks.acknowledged(message(7, { ack: true }));
  const consumed = await pair.nextStream();
  consumed.resume();
  await once(consumed, 'end');

  const dialling = knocks.dial(8, { timeoutMs: 5000 });
  await new Promise(setImmediate);
  knocks.acknowledged(message(8, { ack: true }));
  const stream = await dialling;
  stream.write('for eight');
  const [data] = (await once(await pair.nextStream(), 'data')) as [Buffer];
  assert.equal(data.toString(), 'for eight');
  stream.destroy();
});

test('dials one after the other, and waits until each stream has been accepted', limits, async () => {
  await using pair = await sessions();
  const sent: ConnInfo[] = [];
  const knocks = new Knocks(
    () => pair.client,
    (info) => void sent.push(info),
  );
  const both = [knocks.dial(1, { timeoutMs: 5000 }), knocks.dial(2, { timeoutMs: 5000 })];
  await new Promise(setImmediate);
  assert.deepEqual(sent, [knock(1)]);
  knocks.acknowledged(message(1, { ack: true }));
  const first = await both[0];
  await first?.accepted;
  await new Promise(setImmediate);
  assert.deepEqual(sent, [knock(1), knock(2)]);
  knocks.acknowledged(message(2, { ack: true, error: 'no listener' }));
  await assert.rejects(both[1] ?? Promise.resolve(), { message: /does not serve under id 2: no listener/ });
  knocks.close('the plugin has ended');
  await assert.rejects(knocks.dial(3, { timeoutMs: 5000 }), { code: 'BROKER_CLOSED' });
  first?.destroy();
});

test(
  'ignores answers and announcements that mean nothing, and hands no stream to nobody',
  limits,
  async () => {
    await using pair = await sessions();
    const side = {
      tls: undefined,
      session: () => pair.client,
      explain: (failure: Error) => Promise.resolve(failure),
    };
    const broker = new MultiplexBroker(side, () => undefined);
    broker.receive({ serviceId: 1, network: 'unix', address: '/etc/passwd' });
    broker.receive(message(1, { ack: true, error: 'who asked?' }));
    assert.equal(broker.take(new PassThrough()), false);
    await broker.close('the test is over');
    await broker.close('again');
  },
);

async function sessions(): Promise<{
  client: YamuxSession;
  nextStream(): Promise<YamuxStream>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const [one, two] = await socketPair();
  const streams: YamuxStream[] = [];
  const waiting: ((stream: YamuxStream) => void)[] = [];
  const client = new YamuxSession(one, { role: 'client', onStream: (stream) => stream.destroy() });
  const server = new YamuxSession(two, {
    role: 'server',
    onStream: (stream) => {
      const next = waiting.shift();
      if (next) next(stream);
      else streams.push(stream);
    },
  });
  return {
    client,
    nextStream: () => {
      const stream = streams.shift();
      return stream
        ? Promise.resolve(stream)
        : new Promise((resolve) => {
            waiting.push(resolve);
          });
    },
    async [Symbol.asyncDispose]() {
      client.close();
      server.close();
      await Promise.all([client.closed, server.closed]);
    },
  };
}
