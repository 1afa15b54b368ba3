import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  SharedState,
  type BatchAnswer,
  type BatchRequest,
  type SingleRequest,
  type WorkerSettings,
} from './messages.ts';
import { defaults, type Fault, type FuzzTarget } from './target.ts';

type Settings = Omit<WorkerSettings, 'shared'>;

export interface WatchedAnswer {
  readonly ran: number;
  readonly found: readonly Uint8Array[];
  readonly fault?: Omit<Fault, 'target' | 'seed'> | undefined;
}

/** Heap of a worker; an input that takes all of it is a fault, and not the end of the fuzzer. */
const mostHeapMiB = 1024;
const lookMs = 20;

/** Node.js 20 does not read TypeScript in a thread just because it does in the process. */
const bootstrap = `
  import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))})
    .then(({ register }) => register())
    .then(() => import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)}));
`;

/** A worker that is watched from outside, and replaced after an input that it did not survive. */
export class GuardedWorker implements AsyncDisposable {
  readonly #settings: Settings;
  #worker: Worker | undefined;
  #state = new SharedState();
  /** For files that targets make: a worker that is ended can't remove them itself. */
  #temporary: string | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Gives the worker something to run; ends it when an input takes too long or too much memory. */
  async run(target: FuzzTarget, request: BatchRequest | SingleRequest): Promise<WatchedAnswer> {
    const worker = await this.#start();
    const answer = new Promise<WatchedAnswer>((resolve) => {
      const settle = (result: WatchedAnswer) => {
        clearInterval(watch);
        stopListening(worker);
        resolve(result);
      };
      const died = (kind: Fault['kind'], what: string) => {
        this.#worker = undefined;
        const { iteration, input } = this.#state;
        stopListening(worker);
        worker.on('error', () => undefined);
        void worker.terminate().then(() => {
          settle({ ran: 0, found: [], fault: { kind, what, input, iteration } });
        });
      };
      worker.on('message', ({ ran, found, fault }: BatchAnswer) => {
        settle({ ran, found, ...(fault && { fault: { kind: 'error', ...fault } }) });
      });
      worker.on('error', (error: Error) => {
        const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
        died(isMemory ? 'memory' : 'error', `${error.name}: ${error.message}`);
      });
      worker.on('exit', (code) => {
        died('error', `the worker ended with ${code}`);
      });
      const { limitMs = defaults.limitMs, limitBytes = defaults.limitBytes } = target;
      const atFirst = process.memoryUsage.rss();
      let before = atFirst;
      const watch = setInterval(() => {
        const { ms } = this.#state;
        const resident = process.memoryUsage.rss();
        if (ms > limitMs) died('hang', `takes more than ${limitMs} ms`);
        else if (resident - before > limitBytes) died('memory', `takes more than ${limitBytes >> 20} MiB`);
        // Garbage of many inputs is not the memory of one.
        if (ms < 4 * lookMs) before = Math.max(atFirst, resident);
      }, lookMs);
      worker.postMessage(request);
    });
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker !== undefined) stopListening(this.#worker);
    await this.#worker?.terminate();
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  async #start(): Promise<Worker> {
    if (this.#worker !== undefined) return this.#worker;
    this.#state = new SharedState();
    this.#temporary ??= await mkdtemp(join(tmpdir(), 'bulkhead-fuzz-'));
    const settings: WorkerSettings = { ...this.#settings, shared: this.#state.buffer };
    const worker = new Worker(bootstrap, {
      eval: true,
      workerData: settings,
      env: { ...process.env, TMPDIR: this.#temporary },
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMiB },
    });
    await once(worker, 'message');
    this.#worker = worker;
    return worker;
  }
}

function stopListening(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
}
