/** Raw-stream frames of 100-byte lines, in pieces as a socket gives them. */
import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import Modem from 'docker-modem';
import { RawStream } from '../../src/engine/codec/raw-stream.ts';
import { median, printTable } from './table.ts';

const rounds = 5;
const pieceBytes = 64 * 1024;

export async function benchDemultiplexer(): Promise<void> {
  const ours = frames(256 << 20);
  // The other is quadratic in the size of a piece: less is enough to time it.
  const theirs = frames(8 << 20);
  const rates = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    rates.ours.push(mebibytesPerSecond(ours, demultiplex(ours)));
    rates.theirs.push(mebibytesPerSecond(theirs, await demultiplexWithModem(theirs)));
  }
  printTable(`demultiplexing 100-byte lines in pieces of 64 KiB (median of ${rounds})`, 'MiB/s', [
    { name: 'docker-modem', value: median(rates.theirs) },
    { name: 'bulkhead', value: median(rates.ours) },
  ]);
}

/** Alternating in runs of ten lines between stdout and stderr. */
function frames(bytes: number): Buffer[] {
  const line = Buffer.alloc(108, 'x');
  line.writeUInt32BE(100, 4);
  const lines = Array.from({ length: 20 }, (_, index) => {
    const copy = Buffer.from(line);
    copy.writeUInt32BE((index < 10 ? 1 : 2) << 24, 0);
    return copy;
  });
  const pattern = Buffer.concat(lines);
  const whole = Buffer.concat(Array.from({ length: Math.ceil((4 << 20) / pattern.length) }, () => pattern));
  const pieces: Buffer[] = [];
  for (let made = 0; made < bytes; made += whole.length) {
    for (let at = 0; at < whole.length; at += pieceBytes) pieces.push(whole.subarray(at, at + pieceBytes));
  }
  return pieces;
}

function demultiplex(pieces: readonly Buffer[]): number {
  const stream = new RawStream();
  let payload = 0;
  const begin = performance.now();
  for (const piece of pieces) for (const { data } of stream.push(piece)) payload += data.length;
  const elapsed = performance.now() - begin;
  if (payload === 0) throw new Error('nothing came out');
  return elapsed;
}

async function demultiplexWithModem(pieces: readonly Buffer[]): Promise<number> {
  const source = new PassThrough({ highWaterMark: 1 << 20 });
  let payload = 0;
  const sink = () =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        payload += chunk.length;
        done();
      },
    });
  new Modem().demuxStream(source, sink(), sink());
  const begin = performance.now();
  for (const piece of pieces)
    if (!source.write(piece)) await new Promise((resolve) => source.once('drain', resolve));
  source.end();
  await finished(source);
  const elapsed = performance.now() - begin;
  if (payload === 0) throw new Error('nothing came out');
  return elapsed;
}

function mebibytesPerSecond(pieces: readonly Buffer[], ms: number): number {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return bytes / 2 ** 20 / (ms / 1000);
}
