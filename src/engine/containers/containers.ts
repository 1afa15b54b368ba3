import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import {
  attachContainer,
  type AttachContainerOptions,
  type ContainerAttachment,
} from './attach-container.ts';
import { createContainer, type CreateContainerOptions, type CreatedContainer } from './create-container.ts';
import { inspectContainer, type InspectedContainer } from './inspect-container.ts';
import { killContainer, type KillContainerOptions } from './kill-container.ts';
import { listContainers, type ContainerSummary, type ListContainersOptions } from './list-containers.ts';
import { containerLogs, type ContainerLogs, type ContainerLogsOptions } from './logs-container.ts';
import { removeContainer, type RemoveContainerOptions } from './remove-container.ts';
import { startContainer, type StartedContainer } from './start-container.ts';
import { stopContainer, type StopContainerOptions, type StoppedContainer } from './stop-container.ts';
import { waitContainer, type ContainerExit, type WaitContainerOptions } from './wait-container.ts';

/**
 * Containers of the engine. `id` is an id, whole or shortened, or a name.
 *
 * The order that loses no output: create, {@link attach}, {@link start}, {@link wait}, {@link inspect}, {@link remove}.
 */
export interface Containers {
  /**
   * Creates a container; nothing runs yet. On Podman it goes through libpod, because Podman's Docker-compatible create
   * drops fields without a word. What the engine could not honour is refused before anything is sent.
   *
   * @throws NotFoundError when the image is not there; nothing is ever pulled
   * @throws ConflictError when the name is taken
   * @throws UnsupportedByEngineError for what this engine or version can't do, a runtime among them
   * @remarks Abort may come too late to prevent the container: give it a name or label by which you would find it.
   */
  create(options: CreateContainerOptions): Promise<CreatedContainer>;
  /** One result for both engines. @throws NotFoundError */
  inspect(id: string, options?: CallOptions): Promise<InspectedContainer>;
  list(options?: ListContainersOptions): Promise<ContainerSummary[]>;
  /**
   * Connects to the container's output. Resolves when the engine has taken the connection: from then on nothing is
   * lost, so {@link start} may follow.
   *
   * Output must be read: each stream is buffered up to `bufferBytes`; then the engine is read no further, and at last
   * the container's own writes block. Stop iterating over a stream to have the rest of it thrown away.
   *
   * @throws NotFoundError
   * @throws ConflictError when the container has ended: Docker would wait for its next start, Podman set it up to run again
   * @throws EngineOperationError on Podman for what other engines find out at the start: it sets the container up here
   * @remarks Abort, before or after it resolved, closes the connection; the container goes on and its output is dropped.
   */
  attach(id: string, options?: AttachContainerOptions): Promise<ContainerAttachment>;
  /** @throws NotFoundError when there is no such container, or its network is gone. */
  start(id: string, options?: CallOptions): Promise<StartedContainer>;
  /**
   * Waits until the container has ended and tells how. Ask after {@link start}: a container that was never started
   * counts as ended, with code 0. There is no time limit but the signal's.
   *
   * @remarks Abort ends the waiting only.
   */
  wait(id: string, options?: WaitContainerOptions): Promise<ContainerExit>;
  /** Sends a signal. @throws ConflictError when the container is not running */
  kill(id: string, options?: KillContainerOptions): Promise<void>;
  /** Asks the container to end (its stop signal), and kills it when it has not after `timeoutSeconds`. Abort leaves the engine to finish. */
  stop(id: string, options?: StopContainerOptions): Promise<StoppedContainer>;
  /** @throws NotFoundError @throws ConflictError when it runs and `force` was not given */
  remove(id: string, options?: RemoveContainerOptions): Promise<void>;
  /**
   * Reads what the container's log driver kept, in the order kept. Follow only a container that has been started: for one
   * that was not, both engines end at once. For a live container prefer {@link attach}.
   *
   * @throws UnsupportedByEngineError when the log driver keeps nothing to read (`none`)
   */
  logs(id: string, options?: ContainerLogsOptions): Promise<ContainerLogs>;
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
  };
}
