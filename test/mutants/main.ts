/** `npm run mutants -- ROOM... [--most N] [--seed S]`: which small changes of a room no fast test notices. */
import { parseArgs } from 'node:util';
import { Random } from '../../src/soak/random.ts';
import { copyOfCheckout } from './copy.ts';
import { KnownMutants } from './known.ts';
import { listedMutants } from './listed.ts';
import { mutantsOf } from './operators.ts';
import { mutantRooms } from './rooms.ts';

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
await using copy = await copyOfCheckout();
const known = await KnownMutants.load();
for (const name of names) await (name === 'listed' ? tryListed() : tryRoom(name));

async function tryListed(): Promise<void> {
  let noticed = 0;
  const chosen = listedMutants.slice(Number(values.from), Number(values.from) + Number(values.most));
  for (const { number, file, from, to, tests } of chosen) {
    const source = await copy.read(file);
    await copy.write(file, source);
    if (!source.includes(from)) {
      console.log(`${number}: ${file} has no ${JSON.stringify(from)}`);
      process.exitCode = 1;
      continue;
    }
    await copy.write(
      file,
      source.replace(from, () => to),
    );
    if (copy.passes(tests))
      console.log(`not noticed: ${number} ${file}: ${from.slice(0, 80)} -> ${to.slice(0, 80)}`);
    else noticed += 1;
    await copy.write(file, source);
  }
  console.log(`listed: ${noticed} of ${chosen.length} noticed`);
  if (noticed < chosen.length) process.exitCode = 1;
}

async function tryRoom(name: string): Promise<void> {
  const { files = [], tests = [] } = mutantRooms[name] ?? {};
  const all: { path: string; source: string; mutant: ReturnType<typeof mutantsOf>[number] }[] = [];
  for (const file of files) {
    const path = `src/${file}`;
    const source = await copy.read(path);
    all.push(...mutantsOf(path, source).map((mutant) => ({ path, source, mutant })));
  }
  const random = new Random(Number(values.seed));
  const chosen: typeof all = [];
  for (let left = Math.min(Number(values.most), all.length); left > 0; left -= 1) {
    chosen.push(...all.splice(random.below(all.length), 1));
  }
  const text = (await Promise.all(tests.map((test) => copy.read(test)))).join('\0');
  const isKnown = ({ source, mutant }: (typeof chosen)[number]): boolean =>
    known.get(source, mutant.what, text) !== undefined;
  // Compiled in the same way as the mutants, and not changed.
  for (const { path, source } of chosen) await copy.write(path, source);
  if (!chosen.every(isKnown) && !copy.passes(tests) && !copy.passes(tests, { shown: true }))
    throw new Error(`the tests of ${name} fail without any change`);
  let noticed = 0;
  for (const one of chosen) {
    const { path, source, mutant } = one;
    if (!isKnown(one)) {
      await copy.write(path, `${source.slice(0, mutant.start)}${mutant.text}${source.slice(mutant.end)}`);
      await known.set(source, mutant.what, text, !copy.passes(tests));
      await copy.write(path, source);
    }
    if (known.get(source, mutant.what, text) === true) noticed += 1;
    else console.log(`not noticed: ${mutant.what}`);
  }
  const share = chosen.length === 0 ? 100 : Math.round((1000 * noticed) / chosen.length) / 10;
  console.log(`${name}: ${noticed} of ${chosen.length} noticed (${share} %)`);
  if (noticed < chosen.length) process.exitCode = 1;
}
