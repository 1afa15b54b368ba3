import type { Dispatcher } from 'undici';
import { whenAborted } from '../../abort.ts';

/** An answer that is read as a whole. */
export interface WholeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Sends a request and resolves when its answer is complete. An answer longer than `longest(status)` bytes is cut there,
 * and its connection closed. Rejects with whatever broke it, or at once with the reason of the signal.
 *
 * Most calls go through here, so no stream is made for a body that is wanted whole.
 *
 * A question that went over a kept connection just as the engine ended it, as one does that restarts or has been idle, is
 * asked once more.
 */
export function receiveWhole(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  longest: (status: number) => number,
  signal: AbortSignal | undefined,
  isRepeated = false,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: WholeAnswer['headers'] = {};
    let limit = 0;
    let length = 0;
    const pieces: Buffer[] = [];

    const abort = () => {
      const reason: unknown = signal?.reason;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an abort's reason is the caller's own
      reject(reason);
      controller?.abort(reason as Error);
    };
    const stopListening = whenAborted(signal, abort);
    const finish = () => {
      stopListening();
      const [first] = pieces;
      const bytes = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
      resolve({ status, headers, text: bytes.toString('utf8') });
    };

    pool.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        // The request was aborted while it waited for its turn.
        if (signal?.aborted === true) started.abort(signal.reason as Error);
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        status = statusCode;
        headers = responseHeaders;
        limit = longest(statusCode);
      },
      onResponseData(current, piece) {
        length += piece.length;
        pieces.push(piece);
        if (length <= limit) return;
        finish();
        current.abort(new Error('the answer is too long'));
      },
      onResponseEnd: finish,
      onResponseError(_controller, error) {
        stopListening();
        const isUnanswered = status === 0 && signal?.aborted !== true;
        if (!isRepeated && isUnanswered && wasOverEndedConnection(request, error))
          resolve(receiveWhole(pool, request, longest, signal, true));
        else reject(error);
      },
    });
  });
}

function wasOverEndedConnection({ method }: Dispatcher.DispatchOptions, error: Error): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const { code, socket } = error as { code?: string; socket?: { readonly bytesRead?: number } };
  // undici tells of a connection that ended how much had come over it; it was kept if something had.
  if (code === 'UND_ERR_SOCKET') return (socket?.bytesRead ?? 0) > 0;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
