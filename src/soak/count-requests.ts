/** Counts the requests that this process sends to engines, where no proxy sees them. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export function countRequests(
  count: (request: { readonly method: string; readonly target: string }) => void,
): Disposable {
  const listener = (message: unknown): void => {
    const { request } = message as { request: { method: string; path: string } };
    count({ method: request.method, target: request.path });
  };
  subscribe('undici:request:create', listener);
  return {
    [Symbol.dispose]() {
      unsubscribe('undici:request:create', listener);
    },
  };
}
