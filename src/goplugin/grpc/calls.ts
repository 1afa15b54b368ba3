/** gRPC calls as promises and async iterables, over a channel. */
import { whenAborted } from '../../abort.ts';
import { InvalidOptionError } from '../../errors.ts';
import { checkShape } from '../../settings/option-shape.ts';
import { callOptions } from '../call-options.ts';
import { checkMessage } from '../checking/check-message.ts';
import type { Fields } from '../http2/fields.ts';
import type { CallOptions, MethodShape, Messages } from '../service.ts';
import { CallFailure } from './call-end.ts';
import type { Http2Call } from './http2-call.ts';
import type { Http2Channel } from './http2-channel.ts';
import { fieldsOf } from './metadata.ts';
import { outgoing, type OutgoingMessage } from './outgoing-message.ts';
import { ReplyListener } from './reply-listener.ts';
import { ReplyStream } from './reply-stream.ts';
import { startSending, type Sending } from './send-all.ts';

/** Where calls go, and how a failure is explained. */
export interface CallTarget {
  /** The channel. Throws when it is known that no call can succeed. */
  channel(): Http2Channel;
  /** The calls in progress, so that they can be ended. */
  readonly inProgress: Set<{ cancel(): void }>;
  /** Turns a gRPC failure into the error that the caller gets. */
  explain(failure: CallFailure, method: string): Promise<Error>;
}

/**
 * Encodes a message. One that is not of the method's type is the caller's mistake and is not sent.
 *
 * @throws InvalidOptionError naming the field that is wrong
 */
function encoded(method: MethodShape, message: unknown): OutgoingMessage {
  checkMessage(method, 'request', message);
  try {
    return outgoing(method.requestSerialize, message);
  } catch (cause) {
    throw new InvalidOptionError('request', `is not a message that ${method.path} takes`, { cause });
  }
}

export function callUnary(
  target: CallTarget,
  method: MethodShape,
  request: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  return withReply(target, method, options, (call, fields) => {
    const message = encoded(method, request);
    return () => {
      call.start(fields);
      call.send(message, true);
    };
  });
}

export async function callClientStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options: CallOptions = {},
): Promise<unknown> {
  let sending: Sending | undefined;
  const reply = withReply(target, method, options, (call, fields) => () => {
    call.start(fields);
    sending = startSending(call, requests, (message) => encoded(method, message));
  });
  try {
    return await reply;
  } catch (error) {
    throw sending?.failure ? sending.failure.error : error;
  }
}

export async function* callServerStream(
  target: CallTarget,
  method: MethodShape,
  request: unknown,
  options: CallOptions = {},
): AsyncGenerator {
  const { fields, deadline } = prepare(method.path, options);
  const message = encoded(method, request);
  const replies = new ReplyStream(method);
  const call = target.channel().call(method.path, deadline, replies);
  replies.listenTo(call);
  call.start(fields);
  call.send(message, true);
  yield* receiveAll({ target, method, call, replies }, options.signal);
}

export async function* callBidiStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options: CallOptions = {},
): AsyncGenerator {
  const { fields, deadline } = prepare(method.path, options);
  const replies = new ReplyStream(method);
  const call = target.channel().call(method.path, deadline, replies);
  replies.listenTo(call);
  call.start(fields);
  const sending = startSending(call, requests, (message) => encoded(method, message));
  try {
    yield* receiveAll({ target, method, call, replies }, options.signal);
  } catch (error) {
    throw sending.failure ? sending.failure.error : error;
  }
}

/** @param prepareCall encodes what is to be sent, and returns the function that begins the call */
function withReply(
  target: CallTarget,
  method: MethodShape,
  options: CallOptions,
  prepareCall: (call: Http2Call, fields: Fields) => () => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { fields, deadline } = prepare(method.path, options);
    const { signal } = options;
    let stopListening: (() => void) | undefined;
    const listener = new ReplyListener(method, (failed, reply) => {
      stopListening?.();
      target.inProgress.delete(call);
      if (!failed) resolve(reply);
      else target.explain(failed, method.path).then(reject, reject);
    });
    const call = target.channel().call(method.path, deadline, listener);
    listener.listenTo(call);
    const begin = prepareCall(call, fields);
    target.inProgress.add(call);
    if (signal) {
      stopListening = whenAborted(signal, () => {
        // The reason belongs to the caller and is passed on as it is.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(signal.reason);
        call.cancel();
      });
    }
    begin();
  });
}

function prepare(path: string, options: CallOptions): { fields: Fields; deadline: number } {
  checkShape(path, callOptions, options);
  options.signal?.throwIfAborted();
  const { timeoutMs, metadata } = options;
  return {
    fields: metadata === undefined ? none : fieldsOf(metadata),
    deadline: timeoutMs === undefined ? Infinity : Date.now() + timeoutMs,
  };
}

const none: Fields = [];

interface Receiving {
  readonly target: CallTarget;
  readonly method: MethodShape;
  readonly call: Http2Call;
  readonly replies: ReplyStream;
}

async function* receiveAll(
  { target, method, call, replies }: Receiving,
  signal: AbortSignal | undefined,
): AsyncGenerator {
  const stopListening = whenAborted(signal, () => {
    call.cancel();
  });
  target.inProgress.add(call);
  try {
    while (await replies.more()) {
      while (replies.ready > 0) {
        signal?.throwIfAborted();
        yield replies.take();
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof CallFailure ? await target.explain(error, method.path) : error;
  } finally {
    stopListening();
    target.inProgress.delete(call);
    call.cancel();
  }
}
