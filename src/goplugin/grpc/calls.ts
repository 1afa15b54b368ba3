/**
 * gRPC calls as promises and async iterables, over a channel of `@grpc/grpc-js`.
 */
import type { CallOptions as GrpcCallOptions, Client, Metadata, ServiceError } from '@grpc/grpc-js';
import { whenAborted } from '../../abort.ts';
import { InvalidOptionError } from '../../errors.ts';
import { checkShape } from '../../settings/option-shape.ts';
import { callOptions } from '../call-options.ts';
import { checkMessage } from '../checking/check-message.ts';
import type { CallOptions, MethodShape, Messages } from '../service.ts';
import { toMetadata } from './metadata.ts';
import { NotedLimit } from './noted-limit.ts';

/** Where calls go, and how a failure is explained. */
export interface CallTarget {
  /** The channel. Throws when it is known that no call can succeed. */
  channel(): Client;
  /** The calls in progress, so that they can be ended. */
  readonly inProgress: Set<{ cancel(): void }>;
  /** Turns a gRPC failure into the error that the caller gets. */
  explain(failure: ServiceError, method: string): Promise<Error>;
}

/** A method whose serializers take and return any type: its caller's types have been checked before. */
interface OpenMethod extends Omit<MethodShape, 'requestSerialize'> {
  readonly requestSerialize: (value: unknown) => Buffer;
}

/**
 * Encodes a message. One that is not of the method's type is the caller's mistake and is not sent; a channel would
 * report it as an answer.
 *
 * @throws InvalidOptionError naming the field that is wrong
 */
function bytesOf(method: MethodShape, message: unknown): Buffer {
  checkMessage(method, 'request', message);
  try {
    return (method as OpenMethod).requestSerialize(message);
  } catch (cause) {
    throw new InvalidOptionError('request', `is not a message that ${method.path} takes`, { cause });
  }
}

const asItIs = (bytes: Buffer): Buffer => bytes;

export function callUnary(
  target: CallTarget,
  method: MethodShape,
  request: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  const { path } = method;
  const noted = new NotedLimit(method);
  return withReply({ target, path, noted }, options, (channel, metadata, grpcOptions, done) =>
    channel.makeUnaryRequest(
      path,
      asItIs,
      noted.deserialize,
      bytesOf(method, request),
      metadata,
      grpcOptions,
      done,
    ),
  );
}

export async function callClientStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options: CallOptions = {},
): Promise<unknown> {
  const { path } = method;
  const noted = new NotedLimit(method);
  let sending: Sending | undefined;
  const reply = withReply({ target, path, noted }, options, (channel, metadata, grpcOptions, done) => {
    const call = channel.makeClientStreamRequest(
      path,
      asItIs,
      noted.deserialize,
      metadata,
      grpcOptions,
      done,
    );
    sending = startSending(call, method, requests);
    return call;
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
  const { path } = method;
  const noted = new NotedLimit(method);
  const { metadata, grpcOptions } = prepare(path, options);
  const bytes = bytesOf(method, request);
  const call = target
    .channel()
    .makeServerStreamRequest(path, asItIs, noted.deserialize, bytes, metadata, grpcOptions);
  yield* receiveAll({ target, path, noted }, call, options.signal);
}

export async function* callBidiStream(
  target: CallTarget,
  method: MethodShape,
  requests: Messages<unknown>,
  options: CallOptions = {},
): AsyncGenerator {
  const { path } = method;
  const noted = new NotedLimit(method);
  const { metadata, grpcOptions } = prepare(path, options);
  const call = target.channel().makeBidiStreamRequest(path, asItIs, noted.deserialize, metadata, grpcOptions);
  const sending = startSending(call, method, requests);
  try {
    yield* receiveAll({ target, path, noted }, call, options.signal);
  } catch (error) {
    throw sending.failure ? sending.failure.error : error;
  }
}

type Start = (
  channel: Client,
  metadata: Metadata,
  options: GrpcCallOptions,
  done: (failure: ServiceError | null, reply?: unknown) => void,
) => { cancel(): void };

/** One call, and how its failure is explained. */
interface Calling {
  readonly target: CallTarget;
  readonly path: string;
  readonly noted: NotedLimit;
}

function withReply({ target, path, noted }: Calling, options: CallOptions, start: Start): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { metadata, grpcOptions } = prepare(path, options);
    const { signal } = options;
    const call = start(target.channel(), metadata, grpcOptions, (failure, reply) => {
      stopListening();
      target.inProgress.delete(call);
      if (!failure) resolve(reply);
      else target.explain(noted.in(failure), path).then(reject, reject);
    });
    const stopListening = whenAborted(signal, () => {
      call.cancel();
      // The reason belongs to the caller and is passed on as it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal?.reason);
    });
    target.inProgress.add(call);
  });
}

function prepare(path: string, options: CallOptions): { metadata: Metadata; grpcOptions: GrpcCallOptions } {
  checkShape(path, callOptions, options);
  options.signal?.throwIfAborted();
  const { timeoutMs } = options;
  return {
    metadata: toMetadata(options.metadata),
    grpcOptions:
      timeoutMs === undefined || timeoutMs === Infinity ? {} : { deadline: Date.now() + timeoutMs },
  };
}

/** The part of a readable grpc-js call that is used here. */
interface ReadableCall extends AsyncIterable<unknown> {
  cancel(): void;
  on(event: 'error', listener: () => void): unknown;
}

async function* receiveAll(
  { target, path, noted }: Calling,
  call: ReadableCall,
  signal: AbortSignal | undefined,
): AsyncGenerator {
  const stopListening = whenAborted(signal, () => {
    call.cancel();
  });
  target.inProgress.add(call);
  call.on('error', () => undefined); // cancelling after the loop was left makes an error that nobody waits for
  try {
    for await (const message of call) {
      signal?.throwIfAborted();
      yield message;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw isServiceError(error) ? await target.explain(noted.in(error), path) : error;
  } finally {
    stopListening();
    target.inProgress.delete(call);
    call.cancel();
  }
}

/** The part of a writable grpc-js call that is used here. */
interface WritableCall {
  write(message: unknown): boolean;
  end(): void;
  cancel(): void;
  once(event: 'drain' | 'close' | 'error' | 'status', listener: () => void): unknown;
  off(event: 'drain' | 'close' | 'error' | 'status', listener: () => void): unknown;
}

/**
 * How sending went. `failure` is set when the iteration of the messages threw, or a message was not of the method's
 * type.
 */
interface Sending {
  failure?: { readonly error: unknown };
}

/** Begins to send, until the messages or the call end. When the iteration throws, the call is cancelled. */
function startSending(call: WritableCall, method: MethodShape, messages: Messages<unknown>): Sending {
  const sending: Sending = {};
  sendAll(call, method, messages).catch((error: unknown) => {
    sending.failure = { error };
    call.cancel();
  });
  return sending;
}

async function sendAll(call: WritableCall, method: MethodShape, messages: Messages<unknown>): Promise<void> {
  const source =
    Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  let over = false;
  let wake: (() => void) | undefined;
  const onEnd = (): void => {
    if (over) return;
    over = true;
    wake?.();
    // Nobody takes further messages, so the source may clean up. A source that waits for something notices later.
    Promise.resolve(source.return?.()).catch(() => undefined);
  };
  const isOver = (): boolean => over; // the compiler can't see that the listeners change it
  for (const event of endEvents) call.once(event, onEnd);
  try {
    for (;;) {
      const step: IteratorResult<unknown, unknown> = await source.next();
      if (isOver()) return;
      if (step.done === true) break;
      if (!call.write(bytesOf(method, step.value)) && !isOver()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          call.once('drain', resolve);
        });
      }
    }
    call.end();
  } finally {
    over = true;
    for (const event of endEvents) call.off(event, onEnd);
  }
}

const endEvents = ['status', 'close', 'error'] as const;

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === 'number';
}
