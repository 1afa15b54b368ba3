/** The report of a run: how often each fault met each scenario, and what did not hold. */
import {
  scenarioNames,
  faultNames,
  trialWords,
  whatGrows,
  type Place,
  type SoakFailure,
} from '../../src/soak/index.ts';
import type { Sample, TrialResult } from '../../src/soak/index.ts';

export interface Made {
  readonly results: readonly Pick<TrialResult, 'trial' | 'happened' | 'work' | 'cpuMilliseconds'>[];
  readonly failures: readonly SoakFailure[];
  /** Of each worker. */
  readonly samples: readonly (readonly Sample[])[];
  /** Why workers have ended before their time. */
  readonly ends: readonly string[];
}

export function reportOf(
  { results, failures, samples, ends }: Made,
  {
    places,
    seed,
    minutes,
  }: { readonly places: readonly Place[]; readonly seed: number; readonly minutes: number },
): string {
  const cells = new Map<string, number>();
  let drawn = 0;
  let happened = 0;
  for (const { trial, happened: those } of results) {
    happened += those.length;
    drawn += trial.faults.filter(({ name }) => name !== 'none').length;
    for (const name of those.length === 0 ? ['none'] : those) {
      const key = `${name} ${trial.scenario}`;
      cells.set(key, (cells.get(key) ?? 0) + 1);
    }
  }
  const work = results.reduce((sum, each) => sum + each.work, 0);
  const cpu = results.reduce((sum, each) => sum + each.cpuMilliseconds, 0) / Math.max(1, results.length);
  const header = `| fault | ${scenarioNames.join(' | ')} |`;
  const rule = `| --- | ${scenarioNames.map(() => '---:').join(' | ')} |`;
  const rows = faultNames.map(
    (fault) =>
      `| ${fault} | ${scenarioNames.map((name) => cells.get(`${fault} ${name}`) ?? '').join(' | ')} |`,
  );
  const perPlace = places.map(
    ({ name }, at) => `| ${name} | ${results.filter(({ trial }) => trial.place === at).length} |`,
  );
  return [
    `Seed ${seed}: ${results.length} trials in ${minutes.toFixed(1)} minutes, ${work} launches, calls and other pieces of work begun, ${drawn} faults drawn, ${happened} of which happened (the moment of the others did not come). ${failures.length} trials failed. Each took ${Math.round(cpu)} ms of the processor, without what the engines took.`,
    '',
    ...samples.map(memoryOf),
    ...samples.flatMap(whatGrows).map((what) => `Not flat: ${what}.`),
    ...ends.map((end) => `Not made to its end: ${end}.`),
    '',
    'Faults that happened; `none` counts the trials in which none did:',
    '',
    header,
    rule,
    ...rows,
    '',
    '| place | trials |',
    '| --- | ---: |',
    ...perPlace,
    ...(failures.length === 0 ? [] : ['', 'What did not hold:', '']),
    ...failures.map(
      ({ result: { trial, wrongs }, shrunk, after, again }) =>
        `- seed ${trial.seed}: ${trialWords(trial, places[trial.place]?.name ?? '')}; ${again ? 'again' : 'not again'}${after.length > 0 ? ` after ${after.join()}` : ''}; smallest: ${trialWords(shrunk, places[shrunk.place]?.name ?? '')}: ${wrongs.join('; ')}`,
    ),
    '',
  ].join('\n');
}

function memoryOf(samples: readonly Sample[]): string {
  const first = samples[Math.floor(samples.length / 4)];
  const last = samples.at(-1);
  const mebibytes = (bytes = 0) => (bytes / 2 ** 20).toFixed(1);
  return `Memory of a worker after ${first?.trial ?? 0} trials: ${mebibytes(first?.rssBytes)} MiB resident, ${mebibytes(first?.heapBytes)} MiB of heap; after ${last?.trial ?? 0}: ${mebibytes(last?.rssBytes)} and ${mebibytes(last?.heapBytes)} MiB. Descriptors: ${first?.descriptors ?? 0} and ${last?.descriptors ?? 0}.`;
}
