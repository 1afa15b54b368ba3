/** Listening to the abort signals of callers. */
import { EventEmitter, getMaxListeners, setMaxListeners } from 'node:events';

/** What an operation takes that can be ended by its caller: it rejects with the signal's reason, untouched. */
export interface AbortOption {
  readonly signal?: AbortSignal | undefined;
}

/** Above so many a leak is likelier than many calls. */
const manyListeners = 10_000;

/** Lets many calls at a time have one signal: Node.js 20 warns of a leak when there are more than ten. */
export function raiseListenerLimit(signal: AbortSignal): void {
  if (!nodeWarns || seen.has(signal)) return;
  seen.add(signal);
  if (limitOf(signal) === EventEmitter.defaultMaxListeners) setMaxListeners(manyListeners, signal);
}

const seen = new WeakSet<AbortSignal>();
const nodeWarns = limitOf(new AbortController().signal) === EventEmitter.defaultMaxListeners;

/** `undefined` where there is none: for signals made of others, and for all of newer versions of Node.js. */
function limitOf(signal: AbortSignal): number | undefined {
  try {
    return getMaxListeners(signal);
  } catch {
    return undefined;
  }
}

/** Calls `listener` at the abort; at once where that was before. @returns what ends the listening */
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

/** The promise; or the signal's reason, untouched, when that comes first. The promise itself goes on. */
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
