/** Ends a stream when the token that it was opened with ends or is revoked. */
import { serverSentEvent } from './server-sent-events.ts';

/** How long a stream may go on before its token is looked at again. */
export const checkMs = 5_000;

/**
 * Passes on the pieces for as long as `isAllowed` says so, which is asked again when `everyMs` have passed. A stream shows
 * signs of life, so that one on which nothing happens is ended too.
 */
export async function* whileAllowed(
  pieces: AsyncIterable<string>,
  isAllowed: () => Promise<boolean>,
  everyMs = checkMs,
): AsyncGenerator<string> {
  let checked = performance.now();
  for await (const piece of pieces) {
    if (performance.now() - checked >= everyMs) {
      if (!(await isAllowed())) {
        yield serverSentEvent('end', { reason: 'the token has ended or was revoked' });
        return;
      }
      checked = performance.now();
    }
    yield piece;
  }
}
