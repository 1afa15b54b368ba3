/** Makes many trials, one after the other, and keeps account of them. */
import { runTrial, type TrialParts, type TrialResult } from './run-trial.ts';
import { shrink } from './shrink.ts';
import type { Place, Subject } from './subject.ts';
import {
  drawTrial,
  faultNames,
  scenarioNames,
  seedOf,
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
}

/** What is observed at the end of a trial. */
export interface Sample {
  readonly trial: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface SoakResult {
  readonly results: readonly TrialResult[];
  readonly failures: readonly SoakFailure[];
  readonly samples: readonly Sample[];
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { places, subject, probe, count, seed, signal } = options;
  const choice = {
    places,
    scenarios: options.scenarios ?? scenarioNames,
    faults: options.faults ?? usualFaults(subject),
  };
  const results: TrialResult[] = [];
  const failures: SoakFailure[] = [];
  const samples: Sample[] = [];
  for (let index = 0; index < count && signal?.aborted !== true; index += 1) {
    const trial = drawTrial(seedOf(seed, index), choice);
    const run = (one: Trial) => runTrial(one, { place: placeOf(places, one), subject, probe });
    const result = await run(trial);
    results.push(result);
    options.onTrial?.(result, { done: results.length });
    if (result.wrongs.length > 0) {
      const shrunk =
        options.shrinking === false
          ? trial
          : await shrink(trial, async (smaller) => (await run(smaller)).wrongs.length > 0);
      const failure = { result, shrunk };
      failures.push(failure);
      options.onFailure?.(failure);
    }
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    samples.push({ trial: index, rssBytes: rss, heapBytes: heapUsed });
  }
  return { results, failures, samples };
}

export function placeOf(places: readonly Place[], { place }: Pick<Trial, 'place'>): Place {
  const found = places[place];
  if (found === undefined) throw new RangeError(`there is no place ${place}`);
  return found;
}

/** The faults that mean something with this plugin and this user. */
function usualFaults({ misbehaviours }: Subject): FaultName[] {
  const isRoot = process.geteuid?.() === 0;
  return faultNames.filter(
    (name) =>
      (name !== 'plugin-misbehaves' || Object.keys(misbehaviours).length > 0) &&
      (name !== 'catalog-read-only' || !isRoot) &&
      (name !== 'descriptors' || isRoot),
  );
}
