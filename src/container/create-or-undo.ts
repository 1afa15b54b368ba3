import { whenAborted } from '../abort.ts';
import {
  ConflictError,
  EngineClosedError,
  EngineError,
  EngineGoneError,
  EngineOperationError,
  EngineProtocolError,
  EngineTimeoutError,
  type CreateContainerOptions,
  type Engine,
} from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { CleanupError } from './errors.ts';
import { removeWhenMade } from './late-removal.ts';
import { removeContainer } from './remove.ts';

/**
 * Time limit for creating a container. The request may wait behind others at a busy engine; after this it has failed.
 */
const createMs = 60_000;
/**
 * How long the answer is waited for after the caller gave up: a container that is known is removed faster than one that
 * is looked for.
 */
const givenUpMs = 10_000;

/**
 * Creates the container, and never abandons a request half-way: that could leave a container that nobody knows. When
 * the caller aborts, the answer is waited for some time, and the container removed before the abort is passed on; when
 * the answer is lost, the container is removed by its name: at once, or when the engine has made it.
 *
 * @throws CleanupError when the container of a lost answer can't be removed; else the errors of the engine
 */
export async function createOrUndo(
  engine: Engine,
  request: CreateContainerOptions,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  let id: string;
  const givenUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stopListening = whenAborted(signal, () => {
    timer = setTimeout(() => {
      givenUp.abort();
    }, givenUpMs);
  });
  try {
    const limit = AbortSignal.any([AbortSignal.timeout(createMs), givenUp.signal]);
    ({ id } = await engine.containers.create({ ...request, signal: limit }));
  } catch (error) {
    if (isAnswerLost(error)) await removeLost(engine, name, error);
    // An engine may fail after it has made the container: it has done its part, so none comes later.
    else if (mayHaveMade(error)) await removeByName(engine, name, error);
    signal?.throwIfAborted();
    throw error;
  } finally {
    stopListening();
    clearTimeout(timer);
  }
  if (signal?.aborted === true) {
    await removeContainer(engine, name); // the answered id may be that of another container
    signal.throwIfAborted();
  }
  return id;
}

/**
 * Removes the container of a request whose answer was lost. Where there is none, the engine may still be making it.
 *
 * @throws CleanupError when the engine does not remove it
 */
async function removeLost(engine: Engine, name: string, lost: unknown): Promise<void> {
  if (lost instanceof EngineClosedError) {
    removeWhenMade(engine, { kind: 'container', name }); // this connection can't be used any more
    return;
  }
  const found = await removeByName(engine, name, lost);
  if (found === 'absent') removeWhenMade(engine, { kind: 'container', name });
}

/** @throws CleanupError, with what happened before, when the engine does not remove it */
function removeByName(engine: Engine, name: string, before: unknown): Promise<'removed' | 'absent'> {
  return removeContainer(engine, name).catch((cleanup: unknown) => {
    throw new CleanupError(name, { cause: new AggregateError([before, cleanup]) });
  });
}

/** Whether the engine may have created the container although the request failed, or may still create it. */
function isAnswerLost(error: unknown): boolean {
  if (!(error instanceof BulkheadError)) return true;
  if (error instanceof EngineError && gatewayStatuses.has(error.status ?? 0)) return true;
  return [EngineGoneError, EngineTimeoutError, EngineProtocolError, EngineClosedError].some(
    (lost) => error instanceof lost,
  );
}

/** A proxy before the engine answers with these. It may not know what the engine does. */
const gatewayStatuses = new Set([502, 503, 504]);

/**
 * Says whether the engine may have made the container before it failed. A conflict means that the name is taken already,
 * which a first try of the same request may have done.
 */
function mayHaveMade(error: unknown): boolean {
  return error instanceof EngineOperationError || error instanceof ConflictError;
}
