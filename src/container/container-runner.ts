import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { whenAborted } from '../abort.ts';
import type { ContainerAttachment, Engine } from '../engine/index.ts';
import { attachCreated } from '../engine/internal.ts';
import type { PluginRunner } from '../goplugin/index.ts';
import { attest, AttestationError } from './attestation.ts';
import { containerName } from './container-name.ts';
import { createOrUndo } from './create-or-undo.ts';
import { createRequest } from './create-request.ts';
import { noteDisposal } from './disposals.ts';
import { CleanupError } from './errors.ts';
import { withFolderHint } from './folder-hint.ts';
import { resolveNetwork } from './attested/resolve-network.ts';
import { removeContainer } from './remove.ts';
import { disposeAfter } from './dispose-after.ts';
import { placePluginFolder } from './sockets/plugin-folder.ts';
import { mountsSeenBy } from './sockets/seen-mounts.ts';
import { socketLabels } from './sockets/socket-labels.ts';
import { removeLater } from './remove-later.ts';
import { ContainerRunner, type ContainerRunnerParts } from './running-container.ts';

export type { ContainerRunnerParts };

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
  const placed = await placePluginFolder(strategy.directory, { parent, engineSees });
  const name = containerName(options.title);
  let isMade = false;
  try {
    const request = createRequest({ ...parts, name, pluginFolder: placed.path });
    // These run beside the creation: what the request leaves to the image is compared with the image too.
    const inspected = Promise.resolve(parts.image ?? engine.images.inspect(parts.imageId, { signal }));
    inspected.catch(() => undefined); // awaited below, when there is a container to remove
    const network = resolveNetwork(engine, request.network, { signal });
    network.catch(() => undefined); // awaited below too
    const id = await createOrUndo(engine, request, name, signal);
    isMade = true;
    /** The container is removed by this: an engine may have answered with the id of another container, or of none. */
    let own = name;
    const attaching = engine.kind === 'docker' ? attach(engine, id, signal) : undefined;
    attaching?.catch(() => undefined); // awaited below too
    try {
      const made = await engine.containers.inspect(id, { signal });
      if (made.name === name) own = id;
      const differences = attest(request, made, { engine, image: await inspected, network: await network });
      if (differences.length > 0) throw new AttestationError(engine, differences);
      // Nothing that uses the folder may be set up before it is ready, and Podman sets the container up here.
      const folder = await placed.ready;
      const output = await (attaching ?? attach(engine, id, signal));
      return new ContainerRunner(parts, id, folder, output, socketLabels(strategy.selinux, made));
    } catch (error) {
      void attaching?.then(
        (output) => {
          output.close();
        },
        () => undefined,
      );
      await removeContainer(engine, own, strategy).catch((cleanup: unknown) => {
        throw new CleanupError(own, { cause: new AggregateError([error, cleanup]) });
      });
      throw error;
    }
  } catch (error) {
    if (error instanceof CleanupError) {
      removeLater(engine, error.containerId, placed, { made: isMade, runtime: strategy.runtime });
    }
    throw await disposeAfter(withFolderHint(error, placed.path), placed);
  }
}

/** The signal ends the waiting for the head only: an attachment outlives the launch. */
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
    return await attachCreated(engine, id, { signal: waiting.signal });
  } finally {
    stopListening();
  }
}
