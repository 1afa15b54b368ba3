import type { EngineClient } from '../client.ts';
import { ConflictError, EngineOperationError, NotFoundError } from '../errors.ts';
import { inspectContainer } from './inspect/inspect-container.ts';
import { waitContainer } from './wait-container.ts';

/** How long after the runtime's refusal the engine may come to know of the end. */
const recordMs = 2_000;

/**
 * Makes a request that needs a running container. The runtime of a container that has just ended can't act on it any
 * more, and Podman reports that as a failure of its own: 500, with `runsc kill ... exit status 128`, for example.
 *
 * @throws ConflictError when the engine says that the container has ended, in place of its failure
 */
export async function whileItRuns<T>(
  client: EngineClient,
  name: string,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(await hadEnded(client, name, error, signal))) throw error;
    const { status, method, path, socketPath, engineMessage, message } = error as EngineOperationError;
    throw new ConflictError(`${message}: the container has ended`, {
      status,
      method,
      path,
      socketPath,
      engineMessage,
      cause: error,
    });
  }
}

/**
 * Whether a call has failed because its container had ended before it. Only a failure of the engine can mean that.
 *
 * @throws NotFoundError when the container is not there any more
 */
export async function hadEnded(
  client: EngineClient,
  name: string,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!(error instanceof EngineOperationError)) return false;
  const limit = AbortSignal.timeout(recordMs);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    await waitContainer(client, name, { signal: either });
    const { state } = await inspectContainer(client, name, { signal: either });
    return !state.running;
  } catch (failure) {
    signal?.throwIfAborted();
    if (failure instanceof NotFoundError) throw failure;
    return false;
  }
}
