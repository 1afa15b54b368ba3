/** What this process asks engines, as undici tells it of every request. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface Asked {
  readonly method: string;
  readonly path: string;
}

interface RequestEvents {
  readonly create: { readonly request: Asked };
  readonly headers: { readonly request: Asked; readonly response: { readonly statusCode: number } };
  readonly error: { readonly request: Asked; readonly error: unknown };
}

export function onRequests<K extends keyof RequestEvents>(
  what: K,
  listener: (told: RequestEvents[K]) => void,
): Disposable {
  const channel = `undici:request:${what}`;
  const listening = (message: unknown): void => {
    listener(message as RequestEvents[K]);
  };
  subscribe(channel, listening);
  return {
    [Symbol.dispose]() {
      unsubscribe(channel, listening);
    },
  };
}
