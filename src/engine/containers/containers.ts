import type { CallOptions } from '../call-options.ts';
import type { AttachContainerOptions, ContainerAttachment } from './attach-container.ts';
import type { CreateContainerOptions, CreatedContainer } from './create-container.ts';
import type { InspectedContainer } from './inspect-container.ts';
import type { KillContainerOptions } from './kill-container.ts';
import type { ContainerSummary, ListContainersOptions } from './list-containers.ts';
import type { ContainerLogs, ContainerLogsOptions } from './logs-container.ts';
import type { RemoveContainerOptions } from './remove-container.ts';
import type { StartedContainer } from './start-container.ts';
import type { StopContainerOptions, StoppedContainer } from './stop-container.ts';
import type { ContainerExit, WaitContainerOptions } from './wait-container.ts';

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
   * lost, so {@link start} may follow. Do not attach to a container that has ended: Docker waits for its next start,
   * Podman sets it up to run again.
   *
   * Output must be read: each stream is buffered up to `bufferBytes`; then the engine is read no further, and at last
   * the container's own writes block. Stop iterating over a stream to have the rest of it thrown away.
   *
   * @throws NotFoundError, and on Podman the errors of {@link start}, because it sets the container up here
   * @remarks Abort, before or after it resolved, closes the connection; the container goes on and its output is dropped.
   */
  attach(id: string, options: AttachContainerOptions): Promise<ContainerAttachment>;
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
