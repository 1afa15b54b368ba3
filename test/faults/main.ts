/** `npm run faults -- --count N --seed S`: see the README beside this file. */
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  faultNames,
  scenarioNames,
  trialWords,
  whatGrows,
  type Place,
  type SoakFailure,
  type TrialResult,
} from '../../src/soak/index.ts';
import { disposableSet, type DisposableSet } from './disposable-engines.ts';
import { inWorkers, type MadeByWorker } from './in-worker.ts';
import { reportOf } from './report.ts';
import { placesUp, removeProbe, subjectAt } from './subject.ts';
import type { WorkerOptions } from './worker.ts';

const usage = `npm run faults -- --count N [--seed S] [--engine SOCKET]... [--scenario NAME]... [--fault NAME]...

  --count N         how many trials
  --seed S          a whole number from 0 to 4294967295; default: the time
  --engine SOCKET   only this engine; may be given several times; default: every engine that is up
  --runtime NAME    runtimes of the plugins; may be given several times; default: runc and runsc
  --scenario NAME   only this one; may be given several times: ${scenarioNames.join(', ')}
  --fault NAME      only this one; may be given several times: ${faultNames.join(', ')}
  --workers N       how many processes make trials at the same time; default: 4
  --disposable      starts a set of engines for each worker, which only its trials stop, kill and start again
  --stretch N       how many trials at one place share their hosts; default: 96
  --log FILE        adds a line of JSON for each trial
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
        workers: { type: 'string' },
        disposable: { type: 'boolean', default: false },
        stretch: { type: 'string' },
        log: { type: 'string' },
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
const workers = Math.max(1, given.workers === undefined ? 4 : wholeNumber('workers', given.workers, 64));
const stretch = Math.max(
  1,
  given.stretch === undefined ? 96 : wholeNumber('stretch', given.stretch, 100_000),
);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    interrupted.abort();
  });
const sets: DisposableSet[] = [];
const made: MadeByWorker[] = [];
let done = 0;
try {
  if (given.disposable) for (let set = 0; set < workers; set += 1) sets.push(await disposableSet());
  // The places of every set have the same names.
  const environments = sets.map(({ environment }) => ({ ...process.env, ...environment }));
  const places = placesUp(given.runtime, { environment: environments[0] }).filter(
    ({ socketPath }: Place) => given.engine === undefined || given.engine.includes(socketPath),
  );
  if (places.length === 0) throw new Error('no engine is up: run scripts/engines up');
  // Every engine has the images when the workers begin. Disposable engines go with theirs.
  const parts = given.disposable ? undefined : await subjectAt(places);
  await makeTrials(places, environments).finally(() => parts && removeProbe(places, parts.probe.image));
} finally {
  for (const set of sets) await set[Symbol.asyncDispose]();
}

async function makeTrials(
  places: readonly Place[],
  environments: readonly NodeJS.ProcessEnv[],
): Promise<void> {
  const begin = performance.now();
  const names = places.map(({ name }) => name);
  console.log(`seed ${seed}, ${count} trials on ${names.join(', ')}`);
  const work: WorkerOptions = {
    ...{ names, count, seed, stretch, disposable: given.disposable },
    scenarios: named('scenario', scenarioNames, given.scenario),
    faults: named('fault', faultNames, given.fault),
    shrinking: !given['no-shrink'],
  };
  const onTrial = (result: TrialResult): void => {
    tellTrial(result, names[result.trial.place] ?? '');
  };
  const { signal } = interrupted;
  const ends = await inWorkers(workers, work, { signal, environments, onTrial, onFailure, made });
  const minutes = (performance.now() - begin) / 60_000;
  const whole = {
    results: made.flatMap(({ results }) => results),
    failures: made.flatMap(({ failures }) => failures),
    samples: made.map(({ samples }) => samples),
    ends,
  };
  const report = reportOf(whole, { places, seed, minutes });
  console.log(`\n${report}`);
  if (given.report !== undefined) await writeFile(given.report, report);
  const grows = whole.samples.flatMap(whatGrows);
  process.exitCode = whole.failures.length + ends.length + grows.length === 0 ? 0 : 1;
}

function tellTrial(result: TrialResult, place: string): void {
  const { trial, milliseconds, slowest, wrongs, work, failures, errors, happened } = result;
  done += 1;
  console.log(
    `${done} ${wrongs.length === 0 ? 'ok' : 'FAILED'} ${milliseconds} ms (${slowest}), ${work} begun, ${failures} failed, ${happened.length} faults: seed ${trial.seed}: ${trialWords(trial, place)}`,
  );
  for (const wrong of wrongs) console.log(`    ${wrong}`);
  if (given.errors) for (const error of errors) console.log(`    as it should be: ${error}`);
  if (given.log !== undefined) appendFileSync(given.log, `${JSON.stringify(result)}\n`);
}

function onFailure({ result: { trial, wrongs }, shrunk, after, again, evidence }: SoakFailure): void {
  const how =
    after.length > 0 ? `--stretch ${after.length + 1}, after the seeds ${after.join()}` : '--count 1';
  console.log(`  FAILURE of seed ${trial.seed}: ${wrongs.join('; ')}`);
  console.log(
    `  ${again ? 'again' : 'it did not fail again'} with --seed ${trial.seed} ${how}; smallest: ${trialWords(shrunk, '')}: ${JSON.stringify(shrunk.faults)}`,
  );
  for (const line of evidence) console.log(`    ${line}`);
}
