/** Memory that is used again for messages: neither side sees what another message has left in it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CallsInProgress, type Cancellable } from '../../src/goplugin/grpc/client/calls-in-progress.ts';
import type { CallTarget } from '../../src/goplugin/grpc/client/calls.ts';
import { openChannel } from '../../src/goplugin/grpc/client/channel.ts';
import { clientMaker } from '../../src/goplugin/grpc/client/client.ts';
import { Http2Server } from '../../src/goplugin/grpc/server/http2-server.ts';
import { Intake } from '../../src/goplugin/grpc/server/intake.ts';
import { FrameWriter } from '../../src/goplugin/http2/frame-writer.ts';
import { SharedReads, withSharedReads } from '../../src/goplugin/http2/shared-reads.ts';
import { Http2Stream, unheard, type StreamCarrier } from '../../src/goplugin/http2/stream.ts';
import { giveBack, sent, takeMemory, waitingCopies } from '../../src/goplugin/http2/write-memory.ts';
import { YoungStreams } from '../../src/goplugin/http2/young-streams.ts';
import { service } from '../../src/goplugin/index.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import type { YamuxStream } from '../../src/goplugin/yamux/stream.ts';
import { probe } from './fixtures/protos.ts';
import type { ProbeClient } from './fixtures/probe-client.ts';
import { listenOnce } from './fixtures/sockets.ts';

const limits = { timeout: 60_000 };

async function withProbe(use: (client: ProbeClient) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'reused-'));
  const definition = await probe();
  const served = service(definition, {
    echo: (request: object) => request,
    count: function* ({ value }: { value: string }) {
      for (let each = 1; each <= Number(value); each += 1) yield { value: each };
    },
  });
  const server = new Http2Server([served], new Intake());
  const listener = createServer((socket) => {
    server.serve(socket);
  });
  const path = join(folder, 's');
  listener.listen(path);
  await once(listener, 'listening');
  const channel = openChannel({ network: 'unix', address: path }, undefined);
  const target: CallTarget = {
    channel: () => channel,
    inProgress: new CallsInProgress(),
    explain: (failure) => Promise.resolve(failure),
  };
  try {
    await use(clientMaker(target)<ProbeClient>(definition));
  } finally {
    channel.close();
    server.close();
    listener.close();
    await rm(folder, { recursive: true });
  }
}

test('a message is sent as it was when the call was made, however long it waits', limits, async () => {
  await withProbe(async (client) => {
    await client.echo({ text: 'connected' });
    // Together they are more than the windows let through at once.
    const lengths = [1, 100, 5_000, 16_384, 65_536, 100_000, 300_000];
    const calls = Array.from({ length: 40 }, (_, each) => {
      const data = Buffer.alloc(lengths[each % lengths.length] ?? 0, each + 1);
      const reply = client.echo({ text: `${each}`, data });
      data.fill(0);
      return reply;
    });
    for (const [each, { text, data }] of (await Promise.all(calls)).entries()) {
      assert.equal(text, `${each}`);
      assert.equal(data.length, lengths[each % lengths.length]);
      assert.ok(
        data.every((octet) => octet === each + 1),
        `reply ${each}`,
      );
    }
  });
});

test('replies that are asked for all at once come in order, and then the end', limits, async () => {
  await withProbe(async (client) => {
    const replies = client.count({ value: 3 })[Symbol.asyncIterator]();
    const steps = await Promise.all([1, 2, 3, 4, 5].map(() => replies.next()));
    const values = steps.map((step) => (step.done === true ? 'end' : step.value.value));
    assert.deepEqual(values, ['1', '2', '3', 'end', 'end']);
    // A loop that is left ends the call, and one that never begins makes none.
    for await (const { value } of client.count({ value: 1_000_000 })) if (value === '2') break;
    const never = client.count({ value: 'no number' })[Symbol.asyncIterator]();
    assert.deepEqual(await never.return?.(), { done: true, value: undefined });
    assert.deepEqual(await never.next(), { done: true, value: undefined });
    const wrong = client.count({ value: 'no number' })[Symbol.asyncIterator]();
    await assert.rejects(wrong.next(), { code: 'INVALID_OPTION' });
    assert.deepEqual(await wrong.next(), { done: true, value: undefined });
  });
});

test('long data that are copied lie in one piece with what stands around them', () => {
  const writer = new FrameWriter();
  const data = Buffer.alloc(16_384, 1);
  writer.pingAck(Buffer.alloc(8, 2));
  writer.copiedData(1, data, 0, data.length, false);
  writer.copiedData(1, data, 0, data.length, true);
  writer.windowUpdate(0, 3);
  const { length } = writer;
  data.fill(0);
  const [piece, ...others] = writer.take();
  const memory = writer.takeBorrowed();
  assert.equal(others.length, 0);
  assert.ok(piece && memory);
  assert.equal(piece.length, length);
  assert.equal(piece.buffer, memory.buffer);
  assert.equal(
    piece.filter((octet) => octet === 1).length,
    2 * 16_384 + 4,
    'data, two stream ids, two flags',
  );
  assert.equal(writer.takeBorrowed(), undefined);
  giveBack(memory);
  assert.equal(takeMemory(), memory, 'it is used again');
  writer.pingAck(Buffer.alloc(8, 4));
  assert.notEqual(writer.take()[0]?.buffer, memory.buffer, 'short frames have memory of their own');
});

test('data that wait are kept whole, and their memory is used again', () => {
  const data = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => index % 251));
  const copies = waitingCopies(data);
  assert.ok(Buffer.concat(copies.map(({ bytes }) => bytes)).equals(data));
  for (const each of copies) sent(each);
  const [again] = waitingCopies(data);
  assert.ok(copies.some(({ memory }) => memory !== undefined && memory === again?.memory));
  assert.equal(waitingCopies(Buffer.alloc(100))[0]?.memory, undefined);
});

test('finds streams by their ids, however many there are and however old one is', () => {
  const streams = new YoungStreams();
  const stream = (id: number): Http2Stream => new Http2Stream(id, unheard, {} as StreamCarrier, 0);
  const [first, second] = [stream(1), stream(3)];
  streams.add(first);
  streams.add(second);
  for (let id = 5; id < 20_000; id += 2) {
    const passing = stream(id);
    streams.add(passing);
    assert.equal(streams.get(id), passing);
    if (id % 100 !== 5) streams.delete(passing);
  }
  assert.equal(streams.get(1), first);
  assert.equal(streams.get(7), undefined);
  assert.equal(streams.size, 202);
  const ids = streams.all().map(({ id }) => id);
  assert.deepEqual(ids.slice(0, 4), [1, 3, 5, 105]);
  assert.equal(ids.length, 202);
  streams.delete(second);
  streams.delete(second);
  assert.equal(streams.size, 201);
  streams.clear();
  assert.deepEqual([streams.size, streams.get(1), streams.all()], [0, undefined, []]);
});

test('a call that is over leads to no other one', () => {
  const list = new CallsInProgress();
  const calls = Array.from({ length: 4 }, (): Cancellable => ({ cancel: () => undefined }));
  for (const call of calls) list.add(call);
  const [first, second, third, last] = calls;
  assert.ok(first && second && third && last);
  list.delete(second);
  list.delete(second);
  assert.deepEqual([...list], [last, third, first]);
  assert.deepEqual([second.list, second.before, second.after], [undefined, undefined, undefined]);
  for (const call of list) list.delete(call);
  assert.deepEqual([...list], []);
  list.delete({ cancel: () => undefined });
});

test('a multiplexed stream that is not read keeps what came, whatever is read after it', limits, async () => {
  await using listener = await listenOnce();
  const reads = new SharedReads();
  const client = withSharedReads(connect({ path: listener.path, onread: reads.onread }), reads);
  const theirs = new Promise<YamuxStream>((resolve) => {
    const onStream = (stream: YamuxStream): void => {
      if (stream.id === 1) resolve(stream);
      else stream.end('everything has been sent');
    };
    void listener.accepted.then((socket) => new YamuxSession(socket, { role: 'server', onStream }));
  });
  const session = new YamuxSession(client, { role: 'client', onStream: () => undefined });
  const stream = session.open();
  const other = await theirs;
  const parts = Array.from({ length: 30 }, (_, each) => Buffer.alloc(each % 2 === 0 ? 7_000 : 50, each + 1));
  const whole = Buffer.concat(parts);
  for (const part of parts) other.write(part);
  other.end();
  for await (const last of session.open()) assert.ok(last);
  assert.ok(stream.readableLength > 64 * 1024);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  assert.ok(Buffer.concat(chunks).equals(whole));
  session.close();
  await session.closed;
});
