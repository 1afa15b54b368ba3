/** Has another process make a share of the trials, and ends one that makes no progress. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { extname } from 'node:path';
import type { Sample, SoakFailure, TrialResult } from '../../src/soak/index.ts';
import type { WorkerOptions } from './worker.ts';

export interface MadeByWorker {
  readonly results: TrialResult[];
  readonly failures: SoakFailure[];
  samples: readonly Sample[];
}

type Message =
  | { readonly result: TrialResult }
  | { readonly failure: SoakFailure }
  | { readonly samples: readonly Sample[] };

/** A worker that is silent for so long hangs: each of its limits is shorter. */
const silentMs = 600_000;

/** @throws Error when the worker ends before its time */
export async function inWorker(
  options: WorkerOptions,
  {
    signal,
    onTrial,
    onFailure,
    made,
  }: {
    readonly signal: AbortSignal;
    readonly onTrial: (result: TrialResult) => void;
    readonly onFailure: (failure: SoakFailure) => void;
    /** What each worker has made, which grows. */
    readonly made: MadeByWorker[];
  },
): Promise<void> {
  const own: MadeByWorker = { results: [], failures: [], samples: [] };
  made.push(own);
  const program = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, [JSON.stringify(options)], { execArgv: process.execArgv });
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
    const said = message as Message;
    if ('result' in said) {
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
  if (code === 0) return;
  const last = own.results.at(-1)?.trial.seed;
  const why = silence.hung ? `was silent for ${silentMs / 1000} s` : `ended with ${String(code)}`;
  throw new Error(`a worker ${why} after the trial with the seed ${last ?? 'of the run'}`);
}
