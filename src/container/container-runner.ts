import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { orAborted, whenAborted } from '../abort.ts';
import { ConflictError, NotFoundError, type ContainerAttachment, type Engine } from '../engine/index.ts';
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
import { attest, AttestationError } from './attestation.ts';
import { containerName } from './container-name.ts';
import { createOrUndo } from './create-or-undo.ts';
import { createRequest, type CreateRequestParts } from './create-request.ts';
import { diagnoseContainer, hintForFailedCall } from './diagnose.ts';
import { lateDisposal, noteDisposal } from './disposals.ts';
import { CleanupError, ContainerStartError } from './errors.ts';
import { withFolderHint } from './folder-hint.ts';
import { resolveNetwork } from './attested/resolve-network.ts';
import { LastingOutput } from './lasting-output.ts';
import { removeWhenMade } from './late-removal.ts';
import { removeContainer } from './remove.ts';
import { watchExit } from './exit-watch.ts';
import { proveStarted } from './started-proof.ts';
import { WatchedOutput } from './watched-output.ts';
import { disposeAfter } from './dispose-after.ts';
import { redactor, type Redact } from './secret-values.ts';
import { makePluginFolder, type PluginFolder } from './sockets/plugin-folder.ts';
import { watchMemoryEvents } from './memory-events.ts';
import { endedWithProgram } from './output-end.ts';
import { mountsSeenBy } from './sockets/seen-mounts.ts';
import { socketLabels } from './sockets/socket-labels.ts';
import { addressInContainer, addressOnHost } from './sockets/share-socket.ts';

/** How long the engine may take to report the end of a killed container before the container is removed by force. */
const killMs = 10_000;

/** What a container is made from; its name and its folder are made by the runner. */
export interface ContainerRunnerParts extends Omit<CreateRequestParts, 'name' | 'pluginFolder'> {
  readonly engine: Engine;
}

/**
 * Makes the container of one plugin, ready to be started: makes its folder for sockets, creates, attests, attaches.
 *
 * @throws AttestationError when the engine made something else than requested
 * @remarks Failure and abort leave nothing: a create request under way is waited for and undone, and one that the engine
 *   carries out later is undone then.
 */
export function createContainerRunner(
  parts: ContainerRunnerParts,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PluginRunner> {
  const creating = createRunner(parts, options);
  // A host that closes waits for this as it does for disposals: a failed creation has something to remove.
  return noteDisposal(resolve(parts.options.socketDirectory ?? tmpdir()), creating);
}

async function createRunner(
  parts: ContainerRunnerParts,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<PluginRunner> {
  signal?.throwIfAborted();
  const { engine, strategy, options } = parts;
  const parent = options.socketDirectory === undefined ? undefined : resolve(options.socketDirectory);
  // What is mounted on the folder would not take over the label of the parent.
  const takesOverLabel = strategy.selinux?.label === 'own' && !strategy.selinux.relabel;
  const engineSees = takesOverLabel ? undefined : mountsSeenBy(engine, parent);
  const folder = await makePluginFolder(strategy.directory, { parent, engineSees });
  const name = containerName(options.title);
  try {
    const request = createRequest({ ...parts, name, pluginFolder: folder.path });
    // Runs beside the creation: what the request leaves to the image is compared with the image too.
    const inspected = engine.images.inspect(parts.imageId, { signal });
    inspected.catch(() => undefined); // awaited below, when there is a container to remove
    const network = resolveNetwork(engine, request.network, { signal });
    network.catch(() => undefined); // awaited below too
    const id = await createOrUndo(engine, request, name, signal);
    try {
      const made = await engine.containers.inspect(id, { signal });
      const differences = attest(request, made, { engine, image: await inspected, network: await network });
      if (differences.length > 0) throw new AttestationError(engine, differences);
      // The signal ends the waiting for the head only: an attachment outlives the launch.
      const output = await attach(engine, id, signal);
      return new ContainerRunner(parts, id, folder, output, socketLabels(strategy.selinux, made));
    } catch (error) {
      await removeContainer(engine, id, strategy).catch((cleanup: unknown) => {
        throw new CleanupError(id, { cause: new AggregateError([error, cleanup]) });
      });
      throw error;
    }
  } catch (error) {
    if (error instanceof CleanupError) {
      removeLater(engine, error.containerId, folder, error.containerId !== name);
    }
    throw await disposeAfter(withFolderHint(error, folder.path), folder);
  }
}

/** Removes a container that could not be removed now when its engine answers again, and its folder after it. */
function removeLater(engine: Engine, name: string, folder: PluginFolder, made: boolean): void {
  const removed = async () => {
    await folder[Symbol.asyncDispose]();
    await lateDisposal(folder.parent);
  };
  removeWhenMade(engine, { kind: 'container', name, made, removed });
}

async function attach(
  engine: Engine,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ContainerAttachment> {
  const waiting = new AbortController();
  signal?.throwIfAborted();
  const stopListening = whenAborted(signal, () => {
    waiting.abort(signal?.reason);
  });
  try {
    return await engine.containers.attach(id, { stdout: true, stderr: true, signal: waiting.signal });
  } finally {
    stopListening();
  }
}

class ContainerRunner implements PluginRunner {
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
  #disposal: Promise<void> | undefined;

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
    await proveStarted({ ...this.#parts, id: this.id, name: this.name }, signal);
    this.#exit = watchExit(this.#parts.engine, this.id, this.#lifetime.signal, memory).then((exit) => {
      const { killedAtMemoryLimit: _known, ...rest } = exit;
      this.#ended = this.#wasKilledHere ? rest : exit;
      return this.#ended;
    });
    this.#exit.catch(() => undefined); // when the runner ends the watch, nobody is to be told
  }

  watchOutput(missed: (gap: OutputGap) => void): void {
    this.#missed = missed;
  }

  async wait({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<PluginExit> {
    if (this.#exit === undefined) return { code: undefined, error: 'the container was never started' };
    return orAborted(this.#exit, signal);
  }

  async kill({
    graceMs = 0,
    signal,
  }: { graceMs?: number | undefined; signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#exit === undefined || this.#ended !== undefined) return;
    const { containers } = this.#parts.engine;
    this.#wasKilledHere = true;
    try {
      if (graceMs > 0) await containers.stop(this.id, { timeoutSeconds: Math.ceil(graceMs / 1000), signal });
      else await containers.kill(this.id, { signal });
    } catch (error) {
      if (!isAlreadyEnded(error)) throw error;
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
    this.#disposal ??= noteDisposal(this.#folder.parent, this.#dispose());
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    let failure: unknown;
    try {
      // Kill first and wait for the end, so that whoever waits for the exit gets its code before the container is gone.
      await this.kill({ signal: AbortSignal.timeout(killMs) }).catch(() => undefined);
      await removeContainer(this.#parts.engine, this.id, this.#parts.strategy);
    } catch (error) {
      failure = error;
    } finally {
      this.#lifetime.abort(new BulkheadError('HOST_CLOSED', 'the container of the plugin was disposed of'));
      this.#output.close();
    }
    if (failure instanceof CleanupError) removeLater(this.#parts.engine, this.id, this.#folder, true);
    const left = await disposeAfter(failure, this.#folder);
    if (left !== undefined) throw left as Error;
  }
}

/** Whether the container ended by itself, or was removed by somebody else, just before. */
function isAlreadyEnded(error: unknown): boolean {
  return error instanceof NotFoundError || error instanceof ConflictError;
}
