/** Ends an answer that lasts when the token that it was asked for with ends or is revoked. */
import { ApiError } from './api-error.ts';

/** How long such an answer may go on with a token that has just been revoked. */
const checkMs = 2_000;

/** Asks again and again until it is disposed of. @returns a signal that is aborted when the answer is no */
export function whileAllowed(
  isAllowed: () => Promise<boolean>,
): { readonly signal: AbortSignal } & Disposable {
  const over = new AbortController();
  let isAsking = false;
  const timer = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    isAllowed()
      // What can't be found out is not allowed.
      .catch(() => false)
      .then((allowed) => {
        isAsking = false;
        if (!allowed) over.abort(new ApiError(403, 'the token has ended or was revoked'));
      }, String);
  }, checkMs).unref();
  return {
    signal: over.signal,
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}
