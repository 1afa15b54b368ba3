import { orAborted } from '../abort.ts';
import {
  ConflictError,
  NotFoundError,
  type ContainerAttachment,
  type Engine,
  type InspectedImage,
} from '../engine/index.ts';
import { withTexts } from '../error-texts.ts';
import { BulkheadError, isTransient } from '../errors.ts';
import type {
  Diagnosis,
  MakeSocket,
  OutputGap,
  PluginAddress,
  PluginExit,
  PluginRunner,
} from '../goplugin/index.ts';
import type { CreateRequestParts } from './create-request.ts';
import { diagnoseContainer, hintForFailedCall } from './diagnose.ts';
import { noteDisposal } from './disposals.ts';
import { CleanupError, ContainerStartError } from './errors.ts';
import { withFolderHint } from './folder-hint.ts';
import { LastingOutput } from './lasting-output.ts';
import { removeContainer } from './remove.ts';
import { watchExit } from './exit-watch.ts';
import { proveStarted } from './started-proof.ts';
import { WatchedOutput } from './watched-output.ts';
import { disposeAfter } from './dispose-after.ts';
import { redactor, type Redact } from './secret-values.ts';
import type { PluginFolder } from './sockets/plugin-folder.ts';
import { watchMemoryEvents } from './memory-events.ts';
import { endedWithProgram } from './output-end.ts';
import { addressInContainer, addressOnHost } from './sockets/share-socket.ts';
import { removeLater } from './remove-later.ts';
import { resumePaused } from './resume-paused.ts';
import { SharedWork } from '../waiting/shared-work.ts';

/** How long the engine may take to report the end of a killed container before the container is removed by force. */
const killMs = 10_000;
/** How long a kill may take before its container is resumed once more. */
const resumeAgainMs = 1_000;

/** What a container is made from; its name and its folder are made by the runner. */
export interface ContainerRunnerParts extends Omit<CreateRequestParts, 'name' | 'pluginFolder'> {
  readonly engine: Engine;
  /** What the engine said of the image for this launch. Default: it is asked while it creates the container. */
  readonly image?: InspectedImage | undefined;
}

/** The container of one plugin, which was created and not started yet. */
export class ContainerRunner implements PluginRunner {
  readonly name: string;
  readonly id: string;
  /** Private to the host: a socket gets its owner and mode here before it is moved to where the plugin can write. */
  readonly socketDirectory: string;
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  readonly redact: Redact;
  readonly #parts: ContainerRunnerParts;
  readonly #folder: PluginFolder;
  readonly #output: LastingOutput;
  readonly #stdout: WatchedOutput;
  readonly #stderr: WatchedOutput;
  readonly #lifetime = new AbortController();
  readonly impaired: Promise<string>;
  readonly makeSocket: MakeSocket | undefined;
  #missed: (gap: OutputGap) => void = () => undefined;
  #exit: Promise<PluginExit> | undefined;
  #ended: PluginExit | undefined;
  #wasKilledHere = false;
  #wasAskedToEnd = false;
  readonly #disposal = new SharedWork();

  constructor(
    parts: ContainerRunnerParts,
    id: string,
    folder: PluginFolder,
    output: ContainerAttachment,
    makeSocket: MakeSocket | undefined,
  ) {
    this.#parts = parts;
    this.makeSocket = makeSocket;
    this.redact = redactor(parts.options);
    this.#folder = folder;
    this.impaired = folder.removed;
    output.ended.catch(() => undefined); // its readers get the error, and the exit watch notices the end
    this.#output = new LastingOutput({
      engine: parts.engine,
      id,
      first: output,
      lasts: () => this.#stdout.seen && this.#ended === undefined,
      missed: (gap) => {
        this.#missed(gap);
      },
      wasAsked: () => this.#wasAskedToEnd,
      ended: () => this.#exit,
      signal: this.#lifetime.signal,
    });
    const stdout = endedWithProgram(this.#output.stdout, {
      ...{ engine: parts.engine, id, signal: this.#lifetime.signal },
      matters: () => !this.#stdout.seen,
      exit: () => this.#exit,
    });
    this.#stdout = new WatchedOutput(stdout);
    this.#stderr = new WatchedOutput(this.#output.stderr);
    this.name = parts.options.title ?? parts.options.image;
    this.id = id;
    this.socketDirectory = folder.privatePath;
    this.stdout = this.#stdout.stream;
    this.stderr = this.#stderr.stream;
  }

  /**
   * Starts the container, and begins to wait for its end right after that. The engine does not remove the container, so
   * an end in between is not missed. (Podman may never answer a wait for the next exit that is sent before a start.)
   */
  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    try {
      await this.#parts.engine.containers.start(this.id, { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      // An engine that was lost has said nothing about the container.
      const error = isTransient(cause) ? cause : new ContainerStartError(this.name, cause);
      throw withFolderHint(error, this.#folder.path);
    }
    const memory = watchMemoryEvents(this.#parts.engine, this.id, this.#lifetime.signal);
    const { signal: lifetime } = this.#lifetime;
    const wasAsked = (): boolean => this.#wasAskedToEnd;
    this.#exit = watchExit(this.#parts.engine, this.id, lifetime, memory, wasAsked).then((exit) => {
      const { killedAtMemoryLimit: _known, ...rest } = exit;
      this.#ended = this.#wasKilledHere ? rest : exit;
      return this.#ended;
    });
    this.#exit.catch(() => undefined); // when the runner ends the watch, nobody is to be told
  }

  verify({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return proveStarted({ ...this.#parts, id: this.id, name: this.name }, signal);
  }

  watchOutput(missed: (gap: OutputGap) => void): void {
    this.#missed = missed;
  }

  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<PluginExit> {
    if (this.#exit === undefined) return { code: undefined, error: 'the container was never started' };
    return orAborted(this.#exit, signal);
  }

  askedToEnd(): void {
    this.#wasAskedToEnd = true;
  }

  async kill({
    graceMs = 0,
    signal,
  }: { graceMs?: number | undefined; signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#exit === undefined || this.#ended !== undefined) return;
    const { engine, strategy } = this.#parts;
    const { containers } = engine;
    this.#wasKilledHere = true;
    const resume = () => resumePaused(engine, this.id, { runtime: strategy.runtime, signal });
    await resume();
    // It may be paused only now, or the engine was busy.
    const again = setInterval(() => void resume(), resumeAgainMs);
    try {
      if (graceMs > 0) await containers.stop(this.id, { timeoutSeconds: Math.ceil(graceMs / 1000), signal });
      else await containers.kill(this.id, { signal });
    } catch (error) {
      if (!isAlreadyEnded(error)) throw error;
    } finally {
      clearInterval(again);
    }
    await this.wait({ signal });
  }

  async diagnose(): Promise<Diagnosis> {
    const diagnosis = await diagnoseContainer({
      ...this.#parts,
      id: this.id,
      pluginFolder: this.#folder.path,
      exit: this.#ended,
      stderr: this.#stderr.text(),
      stdout: this.#stdout.text(),
    });
    const { bounds } = this.#folder;
    const value = bounds.bounded ? 'a file system of its own' : `not bounded in size: ${bounds.why}`;
    const facts = [...diagnosis.facts, { name: 'socket folder', value }];
    return withTexts({ ...diagnosis, facts }, this.redact) as Diagnosis;
  }

  async hintFor(words: string): Promise<string | undefined> {
    const hint = await hintForFailedCall(words, { ...this.#parts, id: this.id, exit: this.#ended });
    return hint === undefined ? undefined : this.redact(hint);
  }

  pluginToHost(address: PluginAddress): PluginAddress {
    return addressOnHost(address, this.#folder, this.name);
  }

  hostToPlugin(address: PluginAddress): PluginAddress {
    return addressInContainer(address, this.#folder.privatePath);
  }

  shareSocket(path: string): Promise<void> {
    return this.#folder.share(path);
  }

  withdrawSocket(path: string): Promise<void> {
    return this.#folder.withdraw(path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Whoever asks again after a failure may find that it has gone, or that the engine is back.
    return this.#disposal.once(() => noteDisposal(this.#folder.parent, this.#dispose()));
  }

  async #dispose(): Promise<void> {
    let failure: unknown;
    let emptying: Promise<unknown> | undefined;
    try {
      // Kill first and wait for the end, so that whoever waits for the exit gets its code before the container is gone.
      await this.kill({ signal: AbortSignal.timeout(killMs) }).catch(() => undefined);
      // A container that is known to have ended uses its folder no more, whatever becomes of the removal.
      if (this.#ended?.code !== undefined)
        emptying = this.#folder[Symbol.asyncDispose]().catch(() => undefined);
      await removeContainer(this.#parts.engine, this.id, this.#parts.strategy);
    } catch (error) {
      failure = error;
    } finally {
      this.#lifetime.abort(new BulkheadError('HOST_CLOSED', 'the container of the plugin was disposed of'));
      this.#output.close();
    }
    if (failure instanceof CleanupError) {
      const { engine, strategy } = this.#parts;
      removeLater(engine, this.id, this.#folder, { made: true, runtime: strategy.runtime });
    }
    await emptying;
    const left = this.#folder.isGone ? failure : await disposeAfter(failure, this.#folder);
    if (left !== undefined) throw left as Error;
  }
}

/** Whether the container ended by itself, or was removed by somebody else, just before. */
function isAlreadyEnded(error: unknown): boolean {
  return error instanceof NotFoundError || error instanceof ConflictError;
}
