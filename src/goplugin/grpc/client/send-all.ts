/** Sends the requests of a call, as fast as the other side takes them. */
import type { Messages } from '../../service.ts';
import type { Http2Call } from './http2-call.ts';
import type { OutgoingMessage } from '../outgoing-message.ts';

/**
 * How sending went. `failure` is set when the iteration of the messages threw, or a message was not of the method's
 * type.
 */
export interface Sending {
  failure?: { readonly error: unknown };
}

/** Begins to send, until the messages or the call end. When the iteration throws, the call is cancelled. */
export function startSending(
  call: Http2Call,
  messages: Messages<unknown>,
  encode: (message: unknown) => OutgoingMessage,
): Sending {
  const sending: Sending = {};
  sendAll(call, messages, encode).catch((error: unknown) => {
    sending.failure = { error };
    call.cancel();
  });
  return sending;
}

async function sendAll(
  call: Http2Call,
  messages: Messages<unknown>,
  encode: (message: unknown) => OutgoingMessage,
): Promise<void> {
  const source =
    Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  let over = false;
  let wake: (() => void) | undefined;
  const onOver = (): void => {
    if (over) return;
    over = true;
    wake?.();
    // Nobody takes further messages, so the source may clean up. A source that waits for something notices later.
    Promise.resolve(source.return?.()).catch(() => undefined);
  };
  const isOver = (): boolean => over; // the compiler can't see that the listeners change it
  call.onOver = onOver;
  call.onDrained = () => wake?.();
  try {
    if (call.over) onOver();
    for (;;) {
      const step: IteratorResult<unknown, unknown> = await source.next();
      if (isOver()) return;
      if (step.done === true) break;
      if (!call.send(encode(step.value)) && !isOver()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
    call.finish();
  } finally {
    over = true;
    call.onOver = call.onDrained = undefined;
  }
}
