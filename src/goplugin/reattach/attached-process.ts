/** A plugin's process that another program started. */
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orAborted } from '../../abort.ts';
import { removeFolder } from '../../linux/remove-tree.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { PluginError } from '../errors.ts';
import { within } from '../limit.ts';
import type { Diagnosis, PluginAddress, PluginExit, PluginRunner } from '../runner.ts';

/** How often the process is looked for, in milliseconds: only its parent is told of its end. */
const lookEveryMs = 250;

/** @throws PluginError when there is no such process */
export async function attachProcess(pid: number): Promise<PluginRunner> {
  const started = await startOf(pid);
  if (started === undefined) {
    throw new PluginError('PLUGIN_NOT_RUNNING', `There is no process ${pid}`, {
      phase: 'start',
      plugin: `process ${pid}`,
      hint: 'The plugin has ended since its reattach configuration was written.',
    });
  }
  // The plugin belongs to this user: a plugin of another user could not be reached at all.
  return new AttachedProcess(pid, started, await mkdtemp(join(temporaryFolder(), 'bulkhead-')));
}

class AttachedProcess implements PluginRunner {
  readonly name: string;
  readonly id: string;
  readonly socketDirectory: string;
  readonly stdout = nothing();
  readonly stderr = nothing();
  readonly #pid: number;
  readonly #started: string;
  readonly #gone: Promise<PluginExit>;
  #look: NodeJS.Timeout | undefined;

  constructor(pid: number, started: string, socketDirectory: string) {
    this.name = `process ${pid}`;
    this.id = String(pid);
    this.socketDirectory = socketDirectory;
    this.#pid = pid;
    this.#started = started;
    this.#gone = new Promise((resolve) => {
      this.#look = setInterval(() => {
        void this.#isThere().then((there) => {
          if (there) return;
          clearInterval(this.#look);
          resolve({ code: undefined, error: 'its exit code went to the program that started it' });
        });
      }, lookEveryMs);
    });
  }

  /** Does nothing, because the plugin runs already. */
  async start(): Promise<void> {
    // Nothing to do.
  }

  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<PluginExit> {
    return await orAborted(this.#gone, signal);
  }

  async kill({
    graceMs = 0,
    signal,
  }: { graceMs?: number | undefined; signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (graceMs > 0 && signal?.aborted !== true) {
      await this.#signal('SIGTERM');
      await within(graceMs, orAborted(this.#gone, signal));
    }
    await this.#signal('SIGKILL');
    signal?.throwIfAborted();
  }

  diagnose(): Promise<Diagnosis> {
    return Promise.resolve({ facts: [{ name: 'process', value: this.id }] });
  }

  pluginToHost(address: PluginAddress): PluginAddress {
    return address;
  }

  hostToPlugin(address: PluginAddress): PluginAddress {
    return address;
  }

  async shareSocket(path: string): Promise<void> {
    await chmod(path, 0o600);
  }

  /** Releases the process. Whether it has to be ended was decided before. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#look);
    await removeFolder(this.socketDirectory);
  }

  async #isThere(): Promise<boolean> {
    return (await startOf(this.#pid)) === this.#started;
  }

  async #signal(name: NodeJS.Signals): Promise<void> {
    if (!(await this.#isThere())) return;
    try {
      process.kill(this.#pid, name);
    } catch {
      // It has just ended, or belongs to another user: waiting for its end will tell.
    }
  }
}

/**
 * Returns when the process was started, which distinguishes it from a later one of the same id (proc(5): field 22 of
 * stat). A process that has ended and is not yet waited for counts as gone.
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Empty, because its output goes to the program that started it.
}
