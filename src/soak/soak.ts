/** Makes many trials, in stretches with hosts that live on from one trial to the next, and keeps account of them. */
import { runStretch, runTrial, type TrialParts, type TrialResult } from './run-trial.ts';
import { sampleAfter, type Sample } from './samples.ts';
import { shrink } from './shrink.ts';
import type { Place, Subject } from './subject.ts';
import {
  drawTrial,
  faultNames,
  scenarioNames,
  seedOf,
  type Choice,
  type FaultName,
  type ScenarioName,
  type Trial,
} from './trial.ts';

export interface SoakOptions {
  readonly places: readonly Place[];
  readonly subject: Subject;
  readonly probe: TrialParts['probe'];
  readonly count: number;
  readonly seed: number;
  /** How many trials share their hosts. Default: 96. */
  readonly stretch?: number | undefined;
  /**
   * Says which stretch is made next, by its number, and nothing at the end; where several processes share a run, each gets
   * others. Default: all of them in their order.
   */
  readonly next?: (() => Promise<number | undefined>) | undefined;
  /** Default: all. */
  readonly scenarios?: readonly ScenarioName[] | undefined;
  /** Default: all that can be made with the subject and on this machine. */
  readonly faults?: readonly FaultName[] | undefined;
  /** Whether a trial that failed is made smaller. Default true. */
  readonly shrinking?: boolean | undefined;
  readonly onTrial?: ((result: TrialResult, progress: { readonly done: number }) => void) | undefined;
  readonly onFailure?: ((failure: SoakFailure) => void) | undefined;
  /** Abort ends the run after the trial that is under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface SoakFailure {
  readonly result: TrialResult;
  /** The smallest trial that was found to fail too. */
  readonly shrunk: Trial;
  /** Seeds of the trials that have to come before it on the same hosts; empty where it fails by itself. */
  readonly after: readonly number[];
  /** Whether it has failed a second time. */
  readonly again: boolean;
  /** Lines that help to find out why something does not hold. */
  readonly evidence: readonly string[];
}

export interface SoakResult {
  readonly results: readonly TrialResult[];
  readonly failures: readonly SoakFailure[];
  readonly samples: readonly Sample[];
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { places, subject, probe, signal } = options;
  const choice = {
    places,
    scenarios:
      options.scenarios ??
      scenarioNames.filter((name) => name !== 'server' || subject.vaultImage !== undefined),
    faults: options.faults ?? usualFaults(subject),
  };
  const results: TrialResult[] = [];
  const failures: SoakFailure[] = [];
  const samples: Sample[] = [];
  const stretches = stretchesOf(options, choice);
  const isOver = (): boolean => signal?.aborted === true;
  const numbers = stretches.keys();
  const next = options.next ?? (() => Promise.resolve(numbers.next().value));
  for (let trials = stretches[(await next()) ?? -1]; trials !== undefined && !isOver();) {
    // After a trial that failed, the rest of its stretch has hosts of its own.
    for (let left = trials; left.length > 0 && !isOver();) {
      const parts = { place: placeOf(places, left[0]), subject, probe };
      const made: Trial[] = [];
      const stretch = await runStretch(left, parts, (result) => {
        results.push(result);
        made.push(result.trial);
        options.onTrial?.(result, { done: results.length });
        return !isOver();
      });
      left = left.slice(made.length);
      const last = stretch.results.at(-1);
      const wrongs = [...(last?.wrongs ?? []), ...stretch.wrongs];
      if (last === undefined || wrongs.length === 0) continue;
      const result = { ...last, wrongs };
      const { evidence } = stretch;
      const smallest =
        options.shrinking === false
          ? { result, shrunk: last.trial, after: [], again: false }
          : await smallestOf(result, made.slice(0, -1), parts);
      const failure = { ...smallest, evidence };
      failures.push(failure);
      options.onFailure?.(failure);
    }
    samples.push(sampleAfter(results.length));
    trials = stretches[(await next()) ?? -1];
  }
  return { results, failures, samples };
}

/** Trials of one place each, in the order of their seeds; the places take turns. A trial depends on its seed alone, not on the run that it is part of. */
export function stretchesOf(
  options: Pick<SoakOptions, 'count' | 'seed' | 'stretch'>,
  choice: Choice,
): Trial[][] {
  const { count, seed, stretch = 96 } = options;
  const many = choice.places.length;
  const stretches: Trial[][] = [];
  for (let begin = 0; begin < count; begin += stretch * many) {
    const block = Array.from({ length: Math.min(stretch * many, count - begin) }, (_, index) =>
      drawTrial(seedOf(seed, begin + index), choice),
    );
    for (let place = 0; place < many; place += 1) {
      const own = block.filter((trial) => trial.place === place);
      if (own.length > 0) stretches.push(own);
    }
  }
  return stretches;
}

/** First the trial by itself; where it passes then, with those that came before it on the same hosts, and fewer of them. */
async function smallestOf(
  result: TrialResult,
  before: readonly Trial[],
  parts: TrialParts,
): Promise<Omit<SoakFailure, 'evidence'>> {
  const { trial } = result;
  const fails = async (one: Trial) => (await runTrial(one, parts)).wrongs.length > 0;
  const isRepeated = (await fails(trial)) || (await fails(trial));
  if (isRepeated) return { result, shrunk: await shrink(trial, fails), after: [], again: true };
  const failsAfter = async (some: readonly Trial[]): Promise<boolean> => {
    const { results, wrongs } = await runStretch([...some, trial], parts);
    return wrongs.length > 0 || results.some((each) => each.wrongs.length > 0);
  };
  if (before.length === 0 || !(await failsAfter(before)))
    return { result, shrunk: trial, after: before.map(({ seed }) => seed), again: false };
  let after = before;
  for (let tries = 0; tries < 6 && after.length > 1; tries += 1) {
    const half = Math.ceil(after.length / 2);
    const smaller = [after.slice(-half), after.slice(0, half)];
    const found = (await failsAfter(smaller[0] ?? [])) ? smaller[0] : undefined;
    const chosen = found ?? ((await failsAfter(smaller[1] ?? [])) ? smaller[1] : undefined);
    if (chosen === undefined) break;
    after = chosen;
  }
  return { result, shrunk: trial, after: after.map(({ seed }) => seed), again: true };
}

export function placeOf(places: readonly Place[], trial: Pick<Trial, 'place'> | undefined): Place {
  const found = trial === undefined ? undefined : places[trial.place];
  if (found === undefined) throw new RangeError(`there is no place ${trial?.place ?? ''}`);
  return found;
}

/** The faults that mean something with this plugin and this user. */
function usualFaults({ misbehaviours, fill }: Subject): FaultName[] {
  const isRoot = process.geteuid?.() === 0;
  return faultNames.filter(
    (name) =>
      (name !== 'plugin-misbehaves' || Object.keys(misbehaviours).length > 0) &&
      (name !== 'plugin-out-of-memory' || fill !== undefined) &&
      (isRoot || !['descriptors', 'disk-full', 'disk-slow'].includes(name)),
  );
}
