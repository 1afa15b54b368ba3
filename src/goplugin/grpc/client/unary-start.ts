/** The calls with one reply of clients, for a host that needs no promise of its own for each of them. */
import type { CallOptions } from '../../service.ts';

/** Makes a call, and tells one of both functions of its end. @throws what is wrong with its request or options */
export type StartUnary = (
  request: unknown,
  options: CallOptions | undefined,
  replied: (reply: unknown) => void,
  failed: (error: unknown) => void,
) => void;

const starts = new WeakMap<object, StartUnary>();

/** Notes how a method of a client is called without a promise. */
export function noteStart(method: object, start: StartUnary): void {
  starts.set(method, start);
}

/** How this method of a client is called without a promise. `undefined` for one that somebody else has made. */
export function startOf(method: object): StartUnary | undefined {
  return starts.get(method);
}
