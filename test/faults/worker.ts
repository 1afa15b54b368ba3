/** A process that makes some of the stretches of a run, and sends what came of each trial. */
import { once } from 'node:events';
import { soak, type FaultName, type ScenarioName } from '../../src/soak/index.ts';
import type { ToWorker } from './in-worker.ts';
import { placesUp, subjectAt } from './subject.ts';

export interface WorkerOptions {
  /** Names of the places, in the order of the run. */
  readonly names: readonly string[];
  /** Whether the engines are those of the run itself, which may be stopped and killed. */
  readonly disposable: boolean;
  readonly count: number;
  readonly seed: number;
  readonly stretch: number;
  readonly scenarios: readonly ScenarioName[] | undefined;
  readonly faults: readonly FaultName[] | undefined;
  readonly shrinking: boolean;
}

const { names, disposable, ...options } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const known = placesUp(undefined, { disposable });
const places = names.flatMap((name) => known.find((place) => place.name === name) ?? []);
// Another number of places would make other trials of the same seeds.
if (places.length !== names.length) throw new Error('not every engine of the run is up');
const interrupted = new AbortController();
process.on('SIGTERM', () => {
  interrupted.abort();
});
process.on('SIGINT', () => undefined); // the parent asks for the end
process.once('disconnect', () => {
  interrupted.abort();
});
/** The parent has one list of stretches for all workers, so that none waits while another has several left. */
async function next(): Promise<number | undefined> {
  if (interrupted.signal.aborted) return undefined;
  const said = once(process, 'message', { signal: interrupted.signal }) as Promise<[ToWorker]>;
  process.send?.({ next: true });
  const [{ stretch }] = await said.catch((): [ToWorker] => [{ stretch: null }]);
  return stretch ?? undefined;
}
const { samples } = await soak({
  ...options,
  places,
  ...(await subjectAt(places)),
  signal: interrupted.signal,
  next,
  onTrial: (result) => process.send?.({ result }),
  onFailure: (failure) => process.send?.({ failure }),
});
process.send?.({ samples });
process.disconnect();
