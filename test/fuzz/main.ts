/** `npm run fuzz -- --seconds N --seed S`: see the README beside this file. */
import { parseArgs } from 'node:util';
import type { TargetReport } from './fuzz.ts';

const usage = `npm run fuzz -- --seconds N [--seed S] [--target NAME]... [--keep] [--list]

  --seconds N    how long, over all targets
  --seed S       a whole number from 0 to 4294967295; default: the time
  --target NAME  only this one; may be given several times
  --keep         keeps inputs that reach new code in test/fuzz/corpus, up to 2 KiB each and 20 a target
  --list         names the targets

An interrupt (Ctrl+C) ends it early, with the report.`;

/** How large and how many the inputs are that --keep keeps. */
const keptBytes = 2048;
const keptInputs = 20;

function refuse(why: string): never {
  console.error(`${why}\n\n${usage}`);
  process.exit(2);
}

function wholeNumber(name: string, text: string, most: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  return refuse(`--${name}: ${JSON.stringify(text)} is not a whole number from 0 to ${most}`);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        target: { type: 'string', multiple: true },
        keep: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const given = readArguments();
if (given.seconds === undefined && !given.list) refuse('--seconds is missing');
const seconds = wholeNumber('seconds', given.seconds ?? '0', 7 * 24 * 3600);
const seed = given.seed === undefined ? Date.now() % 2 ** 32 : wholeNumber('seed', given.seed, 2 ** 32 - 1);
// Loaded now, because that takes longer than to refuse a wrong argument.
const [{ fuzz, keep }, { targets }] = await Promise.all([import('./fuzz.ts'), import('./targets.ts')]);
if (given.list) {
  console.log(targets.map(({ name }) => name).join('\n'));
  process.exit(0);
}
const names = given.target ?? targets.map(({ name }) => name);
const unknown = names.find((name) => !targets.some((target) => target.name === name));
if (unknown !== undefined) refuse(`--target: there is no target ${JSON.stringify(unknown)}`);

console.log(`seed ${seed}, ${seconds} s, ${names.length} targets`);
const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort();
});
const told = new Map<string, number>();
const reports = await fuzz({
  targets: targets.filter(({ name }) => names.includes(name)),
  seed,
  seconds,
  guided: true,
  signal: interrupted.signal,
  onTurn(target, { faults }) {
    for (const { kind, what, input, iteration } of faults.slice(told.get(target.name) ?? 0)) {
      console.log(`\n${target.name}: ${kind}, input ${iteration} of seed ${seed}: ${what}`);
      void keep(target.name, input).then((path) => {
        console.log(
          `  ${input.length} bytes, kept as ${path}: ${Buffer.from(input).toString('base64').slice(0, 400)}`,
        );
      });
    }
    told.set(target.name, faults.length);
  },
});
await report(reports);

async function report(all: ReadonlyMap<string, TargetReport>): Promise<void> {
  console.log('\ntarget                inputs   new paths  faults');
  for (const [name, { ran, found, faults }] of all) {
    console.log(
      `${name.padEnd(20)} ${String(ran).padStart(8)} ${String(found.length).padStart(9)} ${String(faults.length).padStart(7)}`,
    );
    if (!given.keep) continue;
    const small = found.filter(({ length }) => length <= keptBytes).slice(0, keptInputs);
    for (const input of small) await keep(name, input);
  }
  const faults = [...all.values()].reduce((sum, each) => sum + each.faults.length, 0);
  const inputs = [...all.values()].reduce((sum, each) => sum + each.ran, 0);
  console.log(`\n${inputs} inputs, ${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
}
