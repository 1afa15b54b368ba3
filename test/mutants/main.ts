/** `npm run mutants -- ROOM... [--most N] [--seed S]`: which small changes of a room no fast test notices. */
import { parseArgs } from 'node:util';
import { Random } from '../../src/soak/random.ts';
import { copyOfCheckout } from './copy.ts';
import { explanationOf } from './explained.ts';
import { KnownMutants } from './known.ts';
import { listedMutants } from './listed.ts';
import { mutantsOf, type Mutant } from './operators.ts';
import { mutantRooms } from './rooms.ts';
import { openTrial } from './trial.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    most: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const names = positionals.length === 0 ? ['listed', ...Object.keys(mutantRooms)] : positionals;
const unknown = names.find((name) => name !== 'listed' && !(name in mutantRooms));
if (unknown !== undefined) {
  console.error(`there is no room ${unknown}; there are: listed, ${Object.keys(mutantRooms).join(', ')}`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const longestListedMs = 20_000;
/** How many are tried before the results are kept. */
const mutantsAtATime = 10;
await using copy = await copyOfCheckout();
const known = await KnownMutants.load();
for (const name of names) await (name === 'listed' ? tryListed() : tryRoom(name));

async function tryListed(): Promise<void> {
  let noticed = 0;
  const chosen = listedMutants.slice(Number(values.from), Number(values.from) + Number(values.most));
  for (const { number, file, from, to, tests } of chosen) {
    const source = await copy.read(file);
    if (!source.includes(from)) {
      console.log(`${number}: ${file} has no ${JSON.stringify(from)}`);
      process.exitCode = 1;
      continue;
    }
    const text = source.replace(from, () => to);
    await copy.write(file, text); // for programs that a test starts
    const end = await copy.passesFast(tests, { path: file, text }, longestListedMs);
    if (end === 'passed' || (end !== 'failed' && copy.passes(tests)))
      console.log(`not noticed: ${number} ${file}: ${from.slice(0, 80)} -> ${to.slice(0, 80)}`);
    else noticed += 1;
    await copy.write(file, source);
  }
  console.log(`listed: ${noticed} of ${chosen.length} noticed`);
  if (noticed < chosen.length) process.exitCode = 1;
}

async function tryRoom(name: string): Promise<void> {
  const { files = [], tests = [] } = mutantRooms[name] ?? {};
  const all: { path: string; source: string; mutant: Mutant }[] = [];
  for (const file of files) {
    const path = `src/${file}`;
    const source = await copy.read(path);
    all.push(...mutantsOf(path, source).map((mutant) => ({ path, source, mutant })));
  }
  const chosen = Number(values.most) < all.length ? drawn(all) : all;
  const text = (await Promise.all(tests.map((test) => copy.read(test)))).join('\0');
  const isNoticed = ({ source, mutant }: (typeof all)[number]): boolean | undefined =>
    known.get(source, mutant.what, text);
  const untried = chosen.filter((one) => isNoticed(one) === undefined);
  if (untried.length > 0) {
    const trial = await openTrial(copy, name, files, tests);
    for (let at = 0; at < untried.length; at += mutantsAtATime) {
      const some = untried.slice(at, at + mutantsAtATime);
      const noticed = await trial(
        some.map(({ path, source, mutant }) => ({ path, text: changed(source, mutant) })),
      );
      for (const [index, { source, mutant }] of some.entries()) {
        known.set(source, mutant.what, text, noticed[index] === true);
        if (noticed[index] !== true) console.error(`not noticed: ${mutant.what}`);
      }
      await known.save();
    }
  }
  const survivors = chosen.filter((one) => isNoticed(one) === false);
  const unexplained = survivors.filter(({ path, mutant }) => explanationOf(path, mutant) === undefined);
  for (const { mutant } of unexplained) console.log(`not noticed: ${mutant.what}`);
  const [made, noticed] = [chosen.length, chosen.length - survivors.length];
  const share = made === 0 ? 100 : Math.round((1000 * noticed) / made) / 10;
  const rest = `${survivors.length - unexplained.length} explained, ${unexplained.length} left`;
  console.log(`${name}: ${noticed} of ${made} noticed (${share} %), ${rest}`);
  if (unexplained.length > 0) process.exitCode = 1;
}

function drawn<T>(all: readonly T[]): T[] {
  const random = new Random(Number(values.seed));
  const left = [...all];
  const count = Math.min(Number(values.most), all.length);
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat();
}

function changed(source: string, { start, end, text }: Mutant): string {
  return `${source.slice(0, start)}${text}${source.slice(end)}`;
}
