/** A plugin that multiplexes sends frames without end and reads nothing: the host lives on. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { encodeHeader } from '../../src/goplugin/yamux/frame.ts';
import { YamuxSession } from '../../src/goplugin/yamux/session.ts';
import type { YamuxStream } from '../../src/goplugin/yamux/stream.ts';
import { attacked, limited } from './fixtures/attacked.ts';

for (const attack of ['multiplexed-streams', 'multiplexed-pings']) {
  test(`${attack} whose answers nobody reads end the connection`, limited, async () => {
    const { errors } = await attacked(attack, 250);
    assert.match(errors[0] ?? '', /^PLUGIN_CONNECT_FAILED: .*answers that it does not read/);
  });
}

const frame = (type: number, flags: number, streamId: number, length: number): Buffer =>
  encodeHeader({ type, flags, streamId, length });

/** The far end of a session that takes whatever is sent, at once. */
function session(onStream: (stream: YamuxStream) => void) {
  const sent: Buffer[] = [];
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  new YamuxSession(connection, { role: 'client', onStream });
  return { connection, sent };
}

test('a window of single bytes that nobody reads costs little more than its bytes', limited, async () => {
  const streams: YamuxStream[] = [];
  const { connection } = session((stream) => streams.push(stream));
  connection.push(frame(1, 1, 2, 0));
  const one = Buffer.concat([frame(0, 0, 2, 1), Buffer.of(97)]);
  const block = Buffer.concat(Array.from({ length: 1024 }, () => one));
  const window = 256 * 1024;
  for (let sent = 0; sent < window; sent += 1024) connection.push(Buffer.from(block));
  await new Promise(setImmediate);
  const [stream] = streams;
  assert.ok(stream);
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await new Promise(setImmediate);
  assert.equal(Buffer.concat(pieces).toString(), 'a'.repeat(window), 'and all of it arrives');
  assert.ok(pieces.length < 200, `${pieces.length} pieces`);
  connection.destroy();
});

test('of 300 streams that have ended here and not there, the oldest are reset', limited, async () => {
  const { connection, sent } = session((stream) => {
    stream.destroy();
  });
  for (let index = 1; index <= 300; index += 1) connection.push(frame(1, 1, 2 * index, 0));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  const reset = Buffer.concat(sent);
  const ids: number[] = [];
  for (let at = 0; at < reset.length; at += 12) {
    if (reset.readUInt16BE(at + 2) & 8) ids.push(reset.readUInt32BE(at + 4));
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 44 }, (_, index) => 2 * (index + 1)),
  );
  connection.destroy();
});
