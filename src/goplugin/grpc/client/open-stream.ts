/** A stream that lives as long as its connection, such as go-plugin's own: messages are passed on as they come. */
import type { MethodShape } from '../../service.ts';
import { CallFailure, okCode } from './call-end.ts';
import { decodeReply } from './decode-reply.ts';
import type { Http2Call } from './http2-call.ts';
import type { Http2Channel } from './http2-channel.ts';

export interface StreamListener<Reply> {
  message(reply: Reply): void;
  /** @param failure `undefined` when the other side ended the stream with OK */
  ended(failure: CallFailure | undefined): void;
}

/** A method whose replies are of this type. */
interface Method<Reply> extends MethodShape {
  readonly responseDeserialize: (bytes: Buffer) => Reply;
}

/** Begins the call. Its requests are sent with `send`. */
export function openStream<Reply>(
  channel: Http2Channel,
  method: Method<Reply>,
  listener: StreamListener<Reply>,
): Http2Call {
  const call = channel.call(method.path, Infinity, {
    message(bytes) {
      const reply = decodeReply(call, method, bytes);
      if (reply !== undefined) listener.message(reply.value as Reply);
    },
    ended(status) {
      listener.ended(status.code === okCode ? undefined : new CallFailure(status));
    },
  });
  // In a turn of its own: the listener may need what the caller makes of this call.
  process.nextTick(() => {
    call.start();
  });
  return call;
}
