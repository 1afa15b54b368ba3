/** A process that makes its share of the trials of a run, and sends what came of each. */
import { soak, type FaultName, type ScenarioName } from '../../src/soak/index.ts';
import { placesUp, subjectAt } from './subject.ts';

export interface WorkerOptions {
  /** Names of the places, in the order of the run. */
  readonly names: readonly string[];
  readonly count: number;
  readonly seed: number;
  readonly stretch: number;
  readonly share: { readonly of: number; readonly rest: number };
  readonly scenarios: readonly ScenarioName[] | undefined;
  readonly faults: readonly FaultName[] | undefined;
  readonly shrinking: boolean;
}

const { names, ...options } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const known = placesUp();
const places = names.flatMap((name) => known.find((place) => place.name === name) ?? []);
const interrupted = new AbortController();
process.on('SIGTERM', () => {
  interrupted.abort();
});
process.on('SIGINT', () => undefined); // the parent asks for the end
process.once('disconnect', () => {
  interrupted.abort();
});
const { samples } = await soak({
  ...options,
  places,
  ...(await subjectAt(places)),
  signal: interrupted.signal,
  onTrial: (result) => process.send?.({ result }),
  onFailure: (failure) => process.send?.({ failure }),
});
process.send?.({ samples });
process.disconnect();
