/** A plugin's process, with its streams and its private directory for sockets. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { orAborted, whenAborted } from '../../abort.ts';
import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import { removeFolder } from '../../linux/remove-tree.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { variables } from '../handshake/environment.ts';
import type { Diagnosis, PluginAddress, PluginExit, PluginRunner } from '../runner.ts';
import { CheckedFile, childDescriptor } from './checked-file.ts';
import { diagnoseExecutable, findExecutable } from './diagnosis.ts';
import { SubprocessStartError } from './errors.ts';
import type { SubprocessOptions } from './options.ts';

/** How long the pipes may stay open after the exit, when a process that the plugin started holds them. */
const pipesAfterExitMs = 500;
/**
 * Longest path of the directory, in bytes. It leaves room for the names of sockets below the 107 bytes that the kernel
 * takes.
 */
const longestDirectory = 85;

/** @throws InvalidOptionError when the directory for sockets has too long a path */
export async function createSubprocess(
  options: SubprocessOptions,
  environment: Readonly<Record<string, string>>,
): Promise<PluginRunner> {
  return new SubprocessRunner(options, environment, await makeSocketDirectory(options));
}

class SubprocessRunner implements PluginRunner {
  readonly name: string;
  readonly socketDirectory: string;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly #options: SubprocessOptions;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #exit: Promise<PluginExit> | undefined;
  #ended = false;

  constructor(
    options: SubprocessOptions,
    environment: Readonly<Record<string, string>>,
    socketDirectory: string,
  ) {
    this.name = options.command;
    this.socketDirectory = socketDirectory;
    this.#options = options;
    this.#environment = environment;
  }

  get id(): string | undefined {
    return this.#child?.pid?.toString();
  }

  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    const { command, secureConfig } = this.#options;
    if (!secureConfig) {
      await this.#spawn(command);
      return;
    }
    await using file = await CheckedFile.open((await findExecutable(command)) ?? command, secureConfig);
    signal?.throwIfAborted();
    await this.#spawn(`/proc/self/fd/${childDescriptor}`, file.descriptor);
    await file.verifyUnchanged();
  }

  /** @param descriptor becomes the child's fourth descriptor */
  async #spawn(path: string, descriptor?: number): Promise<void> {
    const { command, args = [], cwd } = this.#options;
    const child = spawn(path, args, {
      argv0: command,
      cwd,
      env: this.#fullEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
      detached: true, // a process group of its own, which can be ended as a whole
    });
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new SubprocessStartError(command, cwd, cause as NodeJS.ErrnoException);
    }
    this.#child = child;
    this.#exit = this.#watch(child);
  }

  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<PluginExit> {
    signal?.throwIfAborted();
    if (!this.#exit) return { code: undefined, error: 'it was never started' };
    return await orAborted(this.#exit, signal);
  }

  async kill({
    graceMs = 0,
    signal,
  }: { graceMs?: number | undefined; signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (!this.#exit || this.#ended) return;
    if (graceMs > 0 && signal?.aborted !== true) {
      this.#signalGroup('SIGTERM');
      const timer = setTimeout(() => {
        this.#signalGroup('SIGKILL');
      }, graceMs);
      const stopListening = whenAborted(signal, () => {
        this.#signalGroup('SIGKILL');
      });
      await this.#exit;
      clearTimeout(timer);
      stopListening();
    } else {
      this.#signalGroup('SIGKILL');
      await this.#exit;
    }
    signal?.throwIfAborted();
  }

  diagnose(): Promise<Diagnosis> {
    return diagnoseExecutable(this.#options.command);
  }

  pluginToHost(address: PluginAddress): PluginAddress {
    const { socketsAnywhere = false } = this.#options;
    if (
      address.network === 'tcp' ||
      socketsAnywhere ||
      posix.dirname(address.address) === this.socketDirectory
    ) {
      return address;
    }
    throw new BulkheadError(
      'SOCKET_OUTSIDE_DIRECTORY',
      `${this.name} listens on ${JSON.stringify(address.address)}, not in ${this.socketDirectory}, which is its own`,
      {
        hint: 'The plugin must make its socket in PLUGIN_UNIX_SOCKET_DIR or TMPDIR; if you know that it uses another place, pass `socketsAnywhere: true`.',
      },
    );
  }

  hostToPlugin(address: PluginAddress): PluginAddress {
    return address;
  }

  /** Shares with nobody: plugin and host are the same user, and nobody else needs to reach the socket. */
  shareSocket(path: string): Promise<void> {
    return new Promise((resolve) => {
      chmodSync(path, 0o600); // a way through the thread pool would take many times as long
      resolve();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.stdout.destroy();
    this.stderr.destroy();
    await removeFolder(this.socketDirectory);
  }

  #fullEnvironment(): Record<string, string | undefined> {
    return {
      ...this.#hostEnvironment(),
      // Plugins older than go-plugin 1.5 know only this one.
      TMPDIR: this.socketDirectory,
      ...this.#options.env,
      ...this.#environment,
      [variables.socketDirectory]: this.socketDirectory,
    };
  }

  #hostEnvironment(): NodeJS.ProcessEnv {
    const { skipHostEnv } = this.#options;
    if (skipHostEnv === undefined) return { PATH: process.env['PATH'] };
    return skipHostEnv ? {} : process.env;
  }

  #watch(child: ChildProcess): Promise<PluginExit> {
    pass(child.stdout, this.stdout);
    pass(child.stderr, this.stderr);
    child.on('error', () => undefined); // when a signal could not be sent, the exit tells
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // Processes that the plugin started end with it, as in a container.
        this.#signalGroup('SIGKILL');
        this.#ended = true;
        const timer = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, pipesAfterExitMs);
        child.once('close', () => {
          clearTimeout(timer);
        });
        resolve(
          signal === null ? { code: code ?? undefined } : { code: 128 + constants.signals[signal], signal },
        );
      });
    });
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#ended) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended already.
    }
  }
}

/** Ends `to` when `from` ends, for whatever reason. */
function pass(from: Readable | null, to: PassThrough): void {
  if (!from) {
    to.end();
    return;
  }
  from.pipe(to);
  from.once('close', () => to.end());
  from.on('error', () => undefined);
}

async function makeSocketDirectory({
  temporaryDirectory = temporaryFolder(),
}: SubprocessOptions): Promise<string> {
  // The plugin may have another working directory.
  const path = await mkdtemp(join(resolve(temporaryDirectory), 'bulkhead-')); // mode 0700
  if (Buffer.byteLength(path) <= longestDirectory) return path;
  await removeFolder(path);
  throw new InvalidOptionError(
    'temporaryDirectory',
    `sockets in ${temporaryDirectory} would have paths longer than the 107 bytes that the kernel allows`,
    { hint: 'Give a directory with a shorter path, for example /tmp.' },
  );
}
