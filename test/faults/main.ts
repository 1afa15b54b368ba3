/** `npm run faults -- --count N --seed S`: see the README beside this file. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { faultNames, scenarioNames, soak, trialWords, type Place } from '../../src/soak/index.ts';
import { reportOf } from './report.ts';
import { placesUp, subjectAt } from './subject.ts';

const usage = `npm run faults -- --count N [--seed S] [--engine SOCKET]... [--scenario NAME]... [--fault NAME]...

  --count N         how many trials
  --seed S          a whole number from 0 to 4294967295; default: the time
  --engine SOCKET   only this engine; may be given several times; default: every engine that is up
  --runtime NAME    runtimes of the plugins; may be given several times; default: runc and runsc
  --scenario NAME   only this one; may be given several times: ${scenarioNames.join(', ')}
  --fault NAME      only this one; may be given several times: ${faultNames.join(', ')}
  --errors          tells the errors too that are as they should be
  --no-shrink       does not make a trial that failed smaller
  --report FILE     writes the table of what was done

A trial that failed is repeated with its own seed and --count 1, on the same engines.`;

function refuse(why: string): never {
  console.error(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        count: { type: 'string' },
        seed: { type: 'string' },
        engine: { type: 'string', multiple: true },
        runtime: { type: 'string', multiple: true, default: ['runc', 'runsc'] },
        scenario: { type: 'string', multiple: true },
        fault: { type: 'string', multiple: true },
        errors: { type: 'boolean', default: false },
        'no-shrink': { type: 'boolean', default: false },
        report: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function wholeNumber(name: string, text: string | undefined, most: number): number {
  if (text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  return refuse(`--${name}: a whole number from 0 to ${most} is needed`);
}

function named<Name extends string>(
  flag: string,
  all: readonly Name[],
  given: readonly string[] | undefined,
): readonly Name[] | undefined {
  const unknown = given?.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) refuse(`--${flag}: there is no ${unknown}`);
  return given as readonly Name[] | undefined;
}

const given = readArguments();
const count = wholeNumber('count', given.count, 1_000_000);
const seed = given.seed === undefined ? Date.now() % 2 ** 32 : wholeNumber('seed', given.seed, 2 ** 32 - 1);
const places = placesUp(given.runtime).filter(
  ({ socketPath }: Place) => given.engine === undefined || given.engine.includes(socketPath),
);
if (places.length === 0) refuse('no engine is up: run scripts/engines up');

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    interrupted.abort();
  });
const begin = performance.now();
console.log(`seed ${seed}, ${count} trials on ${places.map(({ name }) => name).join(', ')}`);
const result = await soak({
  places,
  ...(await subjectAt(places)),
  count,
  seed,
  scenarios: named('scenario', scenarioNames, given.scenario),
  faults: named('fault', faultNames, given.fault),
  shrinking: !given['no-shrink'],
  signal: interrupted.signal,
  onTrial({ trial, milliseconds, slowest, wrongs, work, failures, errors, happened }, { done }) {
    const place = places[trial.place]?.name ?? '';
    console.log(
      `${done} ${wrongs.length === 0 ? 'ok' : 'FAILED'} ${milliseconds} ms (${slowest}), ${work} begun, ${failures} failed, ${happened} faults: seed ${trial.seed}: ${trialWords(trial, place)}`,
    );
    for (const wrong of wrongs) console.log(`    ${wrong}`);
    if (given.errors) for (const error of errors) console.log(`    as it should be: ${error}`);
  },
  onFailure({ result: { trial }, shrunk }) {
    console.log(`  again with --seed ${trial.seed} --count 1; smallest: ${trialWords(shrunk, '')}`);
  },
});
const minutes = (performance.now() - begin) / 60_000;
const report = reportOf(result, { places, seed, minutes });
console.log(`\n${report}`);
if (given.report !== undefined) await writeFile(given.report, report);
process.exitCode = result.failures.length === 0 ? 0 : 1;
