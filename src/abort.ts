/** Helpers for the abort signals of callers. */
import { EventEmitter, getMaxListeners, setMaxListeners } from 'node:events';

/** Option of an operation that its caller can end: the operation rejects with the signal's reason, untouched. */
export interface AbortOption {
  readonly signal?: AbortSignal | undefined;
}

/** A signal with more listeners than this is more likely to be leaking than to have many calls. */
const manyListeners = 10_000;

/** Lets many calls share one signal: Node.js 20 warns of a leak when there are more than ten. */
export function raiseListenerLimit(signal: AbortSignal): void {
  if (!nodeWarns || seen.has(signal)) return;
  seen.add(signal);
  if (limitOf(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(manyListeners, signal);
}

const seen = new WeakSet<AbortSignal>();
const nodeWarns = limitOf(new AbortController().signal) === EventEmitter.defaultMaxListeners;

/**
 * Returns `undefined` where there is no limit: for signals made by others, and for all signals in newer versions of
 * Node.js.
 */
function limitOf(signal: AbortSignal): number | undefined {
  try {
    return getMaxListeners(signal);
  } catch {
    return undefined;
  }
}

/**
 * Calls `listener` at the abort, or at once when the signal is aborted already. @returns a function that ends the
 * listening
 */
export function whenAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  raiseListenerLimit(signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => {
    signal.removeEventListener('abort', listener);
  };
}

/**
 * Resolves as the promise does, or rejects with the signal's reason, untouched, when that comes first. The promise
 * itself goes on.
 */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => undefined);
  let stopListening: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stopListening = whenAborted(signal, () => {
      reject(signal.reason as Error);
    });
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    stopListening();
  }
}
