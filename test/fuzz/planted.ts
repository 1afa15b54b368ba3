/** Parsers with faults put in on purpose, by which the fuzzer shows that it finds such. */
import type { FuzzTarget } from './target.ts';

/** An error that says that an input was refused. */
export class Refused extends Error {}

function seeds(): readonly Uint8Array[] {
  return [Buffer.from('length=12;type=a;body=hello'), Buffer.from('length=0;type=b;body=')];
}

const kept: Uint8Array[] = [];

export const targets: readonly FuzzTarget[] = [
  {
    name: 'planted-error',
    run(input) {
      const text = input.toString('latin1');
      if (!text.startsWith('length=')) throw new Refused('no length');
      if (text.includes('type=c')) throw new TypeError('planted: a type that nobody thought of');
    },
    allowed: [Refused],
    seeds,
    words: ['type=', 'c', 'b'],
  },
  {
    name: 'planted-hang',
    run(input) {
      const length = Number(/length=([^;]*)/.exec(input.toString('latin1'))?.[1] ?? '0');
      for (let left = length; left > 0 && left !== Math.floor(left);) left -= 0;
    },
    allowed: [],
    seeds,
    limitMs: 400,
  },
  {
    name: 'planted-memory',
    run(input) {
      const length = Number(/length=(\d{7,9});/.exec(input.toString('latin1'))?.[1] ?? '0');
      for (let taken = 0; taken < length; taken += 1 << 20) kept.push(new Uint8Array(1 << 20).fill(1));
    },
    allowed: [],
    seeds,
    words: ['400000000', '900000000;'],
    limitBytes: 256 << 20,
  },
];
