/** Runs of tests in a process that is kept from one run to the next. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { RunAnswer, RunRequest } from './runner.ts';

/** `late`: it took too long. `doubtful`: it ended its process, or met an error from elsewhere. */
export type RunEnd = 'passed' | 'failed' | 'late' | 'doubtful';

export class FastRuns implements Disposable {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
    // A change may have made the other process run in circles, in which it does not see that this one has ended.
    process.once('exit', () => {
      this[Symbol.dispose]();
    });
  }

  async run(request: RunRequest, limitMs: number): Promise<RunEnd> {
    const child = (this.#child ??= fork('test/mutants/runner.js', {
      cwd: this.#folder,
      env: this.#env,
      execArgv: ['--experimental-vm-modules', '--no-warnings', '--max-old-space-size=400'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }));
    const over = new AbortController();
    const { signal } = over;
    let isIdle = false;
    const limit = setTimeout(() => {
      over.abort('late');
    }, limitMs);
    try {
      const answer = once(child, 'message', { signal });
      const exit = once(child, 'exit', { signal });
      child.send(request);
      const first = (await Promise.race([answer, exit.then(afterExit)])) as [RunAnswer?];
      const end = first[0]?.end;
      if (end === 'passed' || end === 'failed') return end;
      isIdle = end === 'idle';
    } catch {
      // It took too long.
    } finally {
      clearTimeout(limit);
      over.abort();
    }
    this[Symbol.dispose]();
    if (isIdle) return 'failed';
    return signal.reason === 'late' ? 'late' : 'doubtful';
  }

  /** The next run has a new process. */
  [Symbol.dispose](): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/** A change that uses up all memory is noticed: Node.js aborts then. */
function afterExit([, signal]: readonly unknown[]): [RunAnswer?] {
  return signal === 'SIGABRT' ? [{ end: 'idle' }] : [];
}
