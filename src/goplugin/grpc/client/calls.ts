/** gRPC calls as promises and async iterables, over a channel. */
import { InvalidOptionError } from '../../../errors.ts';
import { checkShape } from '../../../settings/option-shape.ts';
import type { CallsInProgress } from './calls-in-progress.ts';
import { callOptions } from '../../call-options.ts';
import { checkMessage } from '../../checking/check-message.ts';
import type { Fields } from '../../http2/fields.ts';
import type { CallOptions, MethodShape, Messages } from '../../service.ts';
import type { CallFailure } from './call-end.ts';
import type { Http2Channel } from './http2-channel.ts';
import { fieldsOf } from '../metadata.ts';
import { outgoing, type OutgoingMessage } from '../outgoing-message.ts';
import { ReplyIterator } from './reply-iterator.ts';
import { ReplyListener } from './reply-listener.ts';
import { ReplyStream } from './reply-stream.ts';
import { startSending, type Sending } from './send-all.ts';

/** Where calls go, and how a failure is explained. */
export interface CallTarget {
  /** The channel. Throws when it is known that no call can succeed. */
  channel(): Http2Channel;
  /** The calls in progress, so that they can be ended. */
  readonly inProgress: Pick<CallsInProgress, 'add' | 'delete'>;
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
  options?: CallOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    startUnary(target, method, request, options, resolve, reject);
  });
}

/** Makes the same call, and tells one of both functions of its end. @throws what is wrong with its request or options */
export function startUnary(
  target: CallTarget,
  method: MethodShape,
  request: unknown,
  options: CallOptions | undefined,
  resolve: (reply: unknown) => void,
  reject: (error: unknown) => void,
): void {
  const { fields, deadline } = prepare(method.path, options);
  const reply = new ReplyListener(target, method, resolve, reject);
  const call = target.channel().call(method.path, deadline, reply);
  const message = encoded(method, request);
  reply.listenTo(call, options?.signal);
  call.start(fields);
  call.send(message, true);
}

export async function callClientStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options?: CallOptions,
): Promise<unknown> {
  let sending: Sending | undefined;
  const received = new Promise((resolve, reject) => {
    const { fields, deadline } = prepare(method.path, options);
    const reply = new ReplyListener(target, method, resolve, reject);
    const call = target.channel().call(method.path, deadline, reply);
    reply.listenTo(call, options?.signal);
    call.start(fields);
    sending = startSending(call, requests, (message) => encoded(method, message));
  });
  try {
    return await received;
  } catch (error) {
    throw sending?.failure ? sending.failure.error : error;
  }
}

export function callServerStream(
  target: CallTarget,
  method: MethodShape,
  request: unknown,
  options?: CallOptions,
): AsyncIterable<unknown> {
  return new ReplyIterator(() => {
    const { fields, deadline } = prepare(method.path, options);
    const message = encoded(method, request);
    const replies = new ReplyStream(method);
    const call = target.channel().call(method.path, deadline, replies);
    replies.listenTo(call);
    call.start(fields);
    call.send(message, true);
    return { target, path: method.path, call, replies, signal: options?.signal };
  });
}

export function callBidiStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options?: CallOptions,
): AsyncIterable<unknown> {
  return new ReplyIterator(() => {
    const { fields, deadline } = prepare(method.path, options);
    const replies = new ReplyStream(method);
    const call = target.channel().call(method.path, deadline, replies);
    replies.listenTo(call);
    call.start(fields);
    const sending = startSending(call, requests, (message) => encoded(method, message));
    return {
      target,
      path: method.path,
      call,
      replies,
      signal: options?.signal,
      instead: (error) => (sending.failure ? sending.failure.error : error),
    };
  });
}

interface Prepared {
  readonly fields: Fields;
  readonly deadline: number;
}

function prepare(path: string, options: CallOptions | undefined): Prepared {
  if (options === undefined) return plain;
  checkShape(path, callOptions, options);
  options.signal?.throwIfAborted();
  const { timeoutMs, metadata } = options;
  return {
    fields: metadata === undefined ? plain.fields : fieldsOf(metadata),
    deadline: timeoutMs === undefined ? Infinity : Date.now() + timeoutMs,
  };
}

const plain: Prepared = { fields: [], deadline: Infinity };
