/** Has other processes make the trials, and replaces one that makes no progress. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Sample, SoakFailure, TrialResult } from '../../src/soak/index.ts';
import { compiledCopy } from '../compiled-copy.ts';
import type { WorkerOptions } from './worker.ts';

export interface MadeByWorker {
  readonly results: TrialResult[];
  readonly failures: SoakFailure[];
  samples: readonly Sample[];
}

type FromWorker =
  | { readonly result: TrialResult }
  | { readonly failure: SoakFailure }
  | { readonly samples: readonly Sample[] }
  | { readonly next: true };

export interface ToWorker {
  /** The number of the stretch to make next; null at the end. */
  readonly stretch: number | null;
}

/** A worker that is silent for so long hangs: each of its limits is shorter. */
const silentMs = 600_000;

interface Run {
  readonly signal: AbortSignal;
  readonly onTrial: (result: TrialResult) => void;
  readonly onFailure: (failure: SoakFailure) => void;
  /** What each worker has made, which grows. */
  readonly made: MadeByWorker[];
  /** The environment of each worker, where they are not all that of this process. */
  readonly environments: readonly NodeJS.ProcessEnv[];
}

/**
 * Has so many processes make the trials, from a compiled copy of the checkout: the loader for TypeScript starts a process of
 * its own in the midst of a trial, which then seems to be left.
 *
 * @returns why workers have ended before their time, in words
 */
export async function inWorkers(count: number, options: WorkerOptions, run: Run): Promise<string[]> {
  const program = join(await compiledCopy(), 'test/faults/worker.js');
  let stretch = 0;
  const next = (): ToWorker => ({ stretch: run.signal.aborted ? null : stretch++ });
  const ends: string[] = [];
  const work = async (_: unknown, number: number): Promise<void> => {
    const end = await inWorker(program, { options, next, env: run.environments[number] }, run);
    if (end === undefined) return;
    ends.push(end);
    if (ends.length <= 20 && !run.signal.aborted) await work(_, number);
  };
  await Promise.all(Array.from({ length: count }, work));
  return ends;
}

async function inWorker(
  program: string,
  {
    options,
    next,
    env,
  }: { options: WorkerOptions; next: () => ToWorker; env: NodeJS.ProcessEnv | undefined },
  { signal, onTrial, onFailure, made }: Run,
): Promise<string | undefined> {
  const own: MadeByWorker = { results: [], failures: [], samples: [] };
  made.push(own);
  const child = fork(program, [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--enable-source-maps'],
    env: env ?? process.env,
  });
  const end = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', end);
  const silence = { hung: false };
  const hangs = setTimeout(() => {
    silence.hung = true;
    child.kill('SIGKILL');
  }, silentMs);
  child.on('message', (message) => {
    hangs.refresh();
    const said = message as FromWorker;
    if ('next' in said) child.send(next());
    else if ('result' in said) {
      own.results.push(said.result);
      onTrial(said.result);
    } else if ('failure' in said) {
      own.failures.push(said.failure);
      onFailure(said.failure);
    } else own.samples = said.samples;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(hangs);
  signal.removeEventListener('abort', end);
  if (code === 0) return undefined;
  const last = own.results.at(-1)?.trial.seed;
  const why = silence.hung ? `was silent for ${silentMs / 1000} s` : `ended with ${String(code)}`;
  return `a worker ${why} after the trial with the seed ${last ?? 'of the run'}`;
}
