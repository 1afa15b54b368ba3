import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import type { PathStat } from '../codec/path-stat.ts';
import type { ImageArchive } from '../images/load-images.ts';
import {
  attachContainer,
  type AttachContainerOptions,
  type ContainerAttachment,
} from './output/attach-container.ts';
import {
  getArchive,
  putArchive,
  statPath,
  type ContainerArchive,
  type PutArchiveOptions,
} from './container-archive.ts';
import { containerChanges, type ContainerChange } from './container-changes.ts';
import {
  containerStats,
  followContainerStats,
  type ContainerStats,
  type ContainerStatsStream,
} from './container-stats.ts';
import {
  createContainer,
  type CreateContainerOptions,
  type CreatedContainer,
} from './create/create-container.ts';
import { inspectContainer } from './inspect/inspect-container.ts';
import type { InspectedContainer } from './inspect/inspected-container.ts';
import { killContainer, type KillContainerOptions } from './kill-container.ts';
import { listContainers, type ContainerSummary, type ListContainersOptions } from './list-containers.ts';
import { containerLogs, type ContainerLogs, type ContainerLogsOptions } from './output/logs-container.ts';
import { pauseContainer } from './pause-container.ts';
import { pruneContainers, type PrunedContainers, type PruneContainersOptions } from './prune-containers.ts';
import { removeContainer, type RemoveContainerOptions } from './remove-container.ts';
import { renameContainer } from './rename-container.ts';
import { restartContainer, type RestartContainerOptions } from './restart-container.ts';
import { startContainer, type StartedContainer } from './start-container.ts';
import { stopContainer, type StopContainerOptions, type StoppedContainer } from './stop-container.ts';
import { topContainer, type ContainerProcess } from './top-container.ts';
import { updateContainer, type UpdateContainerOptions, type UpdatedContainer } from './update-container.ts';
import type { ContainerExit } from './container-exit.ts';
import { waitContainer, type WaitContainerOptions } from './wait-container.ts';

/**
 * Containers of the engine. `id` is an id, whole or shortened, or a name.
 *
 * The order that loses no output: create, {@link attach}, {@link start}, {@link wait}, {@link inspect}, {@link remove}.
 */
export interface Containers {
  /**
   * Creates a container; nothing runs yet. On Podman the call goes through libpod, because Podman's Docker-compatible
   * create silently drops fields. Options that the engine could not honour are refused before anything is sent.
   *
   * @throws NotFoundError when the image is not there; nothing is ever pulled
   * @throws ConflictError when the name is taken
   * @throws UnsupportedByEngineError for an option that this engine or version can't honour, such as a runtime
   * @remarks Abort may come too late to prevent the container: give it a name or label by which you would find it.
   */
  create(options: CreateContainerOptions): Promise<CreatedContainer>;
  /** Returns one type for both engines. @throws NotFoundError */
  inspect(id: string, options?: CallOptions): Promise<InspectedContainer>;
  list(options?: ListContainersOptions): Promise<ContainerSummary[]>;
  /**
   * Connects to the container's output. Resolves when the engine has taken the connection: from then on nothing is
   * lost, so {@link start} may follow.
   *
   * The output must be read. Each stream buffers up to `bufferBytes`; beyond that nothing more is read from the engine,
   * and in the end the container's own writes block. Stop iterating over a stream to have the rest of it thrown away.
   *
   * @throws NotFoundError
   * @throws ConflictError when the container has ended: Docker would wait for its next start, Podman set it up to run
   *   again
   * @throws EngineOperationError on Podman for failures that other engines report at the start, because Podman sets
   *   the container up here
   * @remarks Abort, before or after it resolved, closes the connection; the container goes on and its output is
   *   dropped.
   */
  attach(id: string, options?: AttachContainerOptions): Promise<ContainerAttachment>;
  /** @throws NotFoundError when there is no such container, or its network is gone. */
  start(id: string, options?: CallOptions): Promise<StartedContainer>;
  /**
   * Waits until the container has ended and returns how it ended. Call it after {@link start}: a container that was
   * never started counts as ended, with code 0. The only time limit is the signal's.
   *
   * @remarks Abort ends the waiting only.
   */
  wait(id: string, options?: WaitContainerOptions): Promise<ContainerExit>;
  /** Sends a signal. @throws ConflictError when the container is not running */
  kill(id: string, options?: KillContainerOptions): Promise<void>;
  /**
   * Asks the container to end with its stop signal, and kills it when it has not ended after `timeoutSeconds`. After an
   * abort the engine still finishes the stop.
   */
  stop(id: string, options?: StopContainerOptions): Promise<StoppedContainer>;
  /** @throws NotFoundError @throws ConflictError when it runs and `force` was not given */
  remove(id: string, options?: RemoveContainerOptions): Promise<void>;
  /**
   * Reads what the container's log driver kept, in that order. Follow only a container that has been started: for one
   * that was not, both engines end the log at once. For a live container prefer {@link attach}.
   *
   * @throws UnsupportedByEngineError when the log driver keeps nothing to read (`none`)
   */
  logs(id: string, options?: ContainerLogsOptions): Promise<ContainerLogs>;

  /** Stops the container, if it runs, and starts it. After an abort the engine still finishes. @throws NotFoundError */
  restart(id: string, options?: RestartContainerOptions): Promise<void>;
  /** Freezes the container's processes. @throws ConflictError when the container does not run, or is paused already */
  pause(id: string, options?: CallOptions): Promise<void>;
  /** @throws ConflictError when it is not paused. Docker answers some of these with 500, an EngineOperationError */
  unpause(id: string, options?: CallOptions): Promise<void>;
  /** @throws ConflictError when the name is taken */
  rename(id: string, newName: string, options?: CallOptions): Promise<void>;
  /**
   * Changes the limits of a container; those of a running one change at once.
   *
   * @throws UnsupportedByEngineError for a limit that the engine would not enforce
   */
  update(id: string, options: UpdateContainerOptions): Promise<UpdatedContainer>;
  /**
   * Lists the container's processes. @throws ConflictError when it does not run; Docker before 24 may throw
   * EngineOperationError
   */
  top(id: string, options?: CallOptions): Promise<ContainerProcess[]>;
  /** Returns the container's present resource use. @throws ConflictError when it does not run */
  stats(id: string, options?: CallOptions): Promise<ContainerStats>;
  /**
   * Reports the container's resource use about once a second until it ends: Docker sends it, Podman is asked each time.
   * Abort ends it.
   */
  followStats(id: string, options?: CallOptions): Promise<ContainerStatsStream>;
  /** Lists the paths in which the container differs from its image. */
  changes(id: string, options?: CallOptions): Promise<ContainerChange[]>;
  /**
   * Removes all containers that do not run, including those never started. After an abort the engine still finishes.
   */
  prune(options?: PruneContainersOptions): Promise<PrunedContainers>;

  /** Describes a path in the container, whether the container runs or not. @throws NotFoundError */
  statPath(id: string, path: string, options?: CallOptions): Promise<PathStat>;
  /**
   * Reads a file or folder as a tar archive, with owners, modes and file capabilities (PAX records
   * `SCHILY.xattr.security.capability`). The container need not run.
   *
   * @throws NotFoundError
   * @remarks Abort, before or after it resolved, closes the connection.
   */
  getArchive(id: string, path: string, options?: CallOptions): Promise<ContainerArchive>;
  /**
   * Unpacks a tar archive into a folder of the container. Podman creates a missing folder; Docker answers with
   * NotFoundError.
   *
   * @remarks Abort stops sending; what had been unpacked stays.
   */
  putArchive(id: string, path: string, archive: ImageArchive, options?: PutArchiveOptions): Promise<void>;
}

export function containersOf(client: EngineClient): Containers {
  return {
    create: (options) => createContainer(client, options),
    inspect: (id, options) => inspectContainer(client, id, options),
    list: (options) => listContainers(client, options),
    attach: (id, options) => attachContainer(client, id, options),
    start: (id, options) => startContainer(client, id, options),
    wait: (id, options) => waitContainer(client, id, options),
    kill: (id, options) => killContainer(client, id, options),
    stop: (id, options) => stopContainer(client, id, options),
    remove: (id, options) => removeContainer(client, id, options),
    logs: (id, options) => containerLogs(client, id, options),
    restart: (id, options) => restartContainer(client, id, options),
    pause: (id, options) => pauseContainer(client, 'pause', id, options),
    unpause: (id, options) => pauseContainer(client, 'unpause', id, options),
    rename: (id, newName, options) => renameContainer(client, id, newName, options),
    update: (id, options) => updateContainer(client, id, options),
    top: (id, options) => topContainer(client, id, options),
    stats: (id, options) => containerStats(client, id, options),
    followStats: (id, options) => followContainerStats(client, id, options),
    changes: (id, options) => containerChanges(client, id, options),
    prune: (options) => pruneContainers(client, options),
    statPath: (id, path, options) => statPath(client, id, path, options),
    getArchive: (id, path, options) => getArchive(client, id, path, options),
    putArchive: (id, path, archive, options) => putArchive(client, id, path, archive, options),
  };
}
