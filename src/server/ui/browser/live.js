/** A stream that is opened again whenever it ends. */
import { follow, RequestError } from './api.js';

/** Delays before the next tries. */
const delaysMs = [500, 1000, 2000, 5000, 10_000];

/**
 * Follows a stream until the abort.
 *
 * @param {string} path
 * @param {object} reader
 * @param {() => void} reader.onOpen called before the events of each connection, which begin anew
 * @param {(event: import('./event-lines.js').ServerEvent) => void} reader.onEvent
 * @param {(problem: string) => void} [reader.onLost] called when the connection is lost; another one is tried
 * @param {{ readonly signal: AbortSignal }} options
 * @throws RequestError when the token is not accepted, or nothing is there
 */
export async function followLive(path, { onOpen, onEvent, onLost }, { signal }) {
  for (let tries = 0; !signal.aborted;) {
    let isOpen = false;
    try {
      await follow(
        path,
        (event) => {
          if (!isOpen) onOpen();
          isOpen = true;
          tries = 0;
          onEvent(event);
        },
        { signal },
      );
      onLost?.('the server ended the connection');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestError && (error.isRefused || error.status === 404)) throw error;
      onLost?.(error instanceof Error ? error.message : String(error));
    }
    const delay = delaysMs[Math.min(tries, delaysMs.length - 1)] ?? 0;
    tries += 1;
    await pause(delay * (0.75 + Math.random() / 2), signal);
  }
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal.addEventListener('abort', over);
  });
}
