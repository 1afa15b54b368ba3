/** Turns promise implementations of a service into handlers of a `@grpc/grpc-js` server. */
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition as GrpcService,
  Metadata,
  UntypedServiceImplementation,
  Server,
} from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { checkReply } from '../../checking/check-reply.ts';
import { PluginCallError } from '../../errors.ts';
import type { CallContext, MethodShape, Messages, ServedService, ServiceDefinition } from '../../service.ts';
import { Intake, withLength } from './intake.ts';
import { fromMetadata, toMetadata } from './grpc-js-metadata.ts';
import { handlersOf, type Handler } from './served-methods.ts';
import { StatusError, statusNames } from '../status.ts';
import { messageOf } from '../../../thrown-value.ts';

/** Adds services to a server. Methods without an implementation answer UNIMPLEMENTED. */
export function addServices(
  server: Server,
  services: readonly ServedService[],
  intake: Intake = new Intake(),
): void {
  for (const { definition, implementation } of services) {
    const handlers: UntypedServiceImplementation = {};
    const functions = handlersOf({ definition, implementation });
    for (const [name, method] of Object.entries(definition)) {
      const handler = functions.get(name);
      if (handler) handlers[name] = grpcHandler(method, handler, intake);
    }
    server.addService(measured(definition) as unknown as GrpcService, handlers);
  }
}

/** Returns the same definition, with requests that remember their length. */
function measured(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer) => withLength(method.requestDeserialize(bytes), bytes.length),
      },
    ]),
  );
}

function grpcHandler(
  method: MethodShape,
  handler: Handler,
  intake: Intake,
): UntypedServiceImplementation[string] {
  if (method.responseStream) {
    return (call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>) => {
      const input = method.requestStream
        ? requestsOf(call as ServerDuplexStream<unknown, unknown>)
        : (call as ServerWritableStream<unknown, unknown>).request;
      const answer = () => handler(input, contextOf(call)) as Messages<unknown>;
      intake
        .handle(input, () =>
          answerStream(call, answer, (reply) => {
            checkReply(method, reply);
          }),
        )
        .catch((error: unknown) => {
          call.emit('error', asStatus(error));
        });
    };
  }
  return (
    call: ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>,
    callback: sendUnaryData<unknown>,
  ) => {
    const input = method.requestStream
      ? requestsOf(call as ServerReadableStream<unknown, unknown>)
      : (call as ServerUnaryCall<unknown, unknown>).request;
    const answer = () => intake.handle(input, () => handler(input, contextOf(call)));
    void answerOnce(callback, answer, (reply) => {
      checkReply(method, reply);
    });
  };
}

/**
 * The requests of a call. A stream's default iterator destroys the stream at the end, and with it replies that are not
 * sent yet.
 */
function requestsOf(call: Readable): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) };
}

/** @throws StatusError when the reply is not of the method's type */
type ReplyCheck = (reply: unknown) => void;

async function answerOnce(
  callback: sendUnaryData<unknown>,
  answer: () => unknown,
  check: ReplyCheck,
): Promise<void> {
  try {
    const reply = await answer();
    check(reply);
    callback(null, reply);
  } catch (error) {
    callback(asStatus(error));
  }
}

/** Resolves when the last reply has been written to the connection, or nobody waits for it any more. */
async function answerStream(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  answer: () => Messages<unknown>,
  check: ReplyCheck,
): Promise<void> {
  try {
    for await (const message of answer()) {
      if (call.cancelled) return;
      check(message);
      if (!call.write(message)) await whenOneOf(call, ['drain', 'cancelled', 'close']);
    }
    call.end();
    await whenOneOf(call, ['finish', 'cancelled', 'close']);
  } catch (error) {
    call.emit('error', asStatus(error));
  }
}

function whenOneOf(
  call: EventEmitter & { readonly cancelled: boolean },
  events: readonly string[],
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.once(event, done);
    if (call.cancelled) done();
  });
}

interface AnyCall {
  readonly metadata: ServerUnaryCall<unknown, unknown>['metadata'];
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

function contextOf(call: AnyCall): CallContext {
  let controller: AbortController | undefined;
  const deadline = call.getDeadline();
  return {
    get metadata() {
      return fromMetadata(call.metadata);
    },
    /** Made on first use: most implementations never look at it. */
    get signal() {
      if (!controller) {
        const made = (controller = new AbortController());
        const cancel = (): void => {
          made.abort(new StatusError('CANCELLED', 'the caller no longer waits for this call'));
        };
        if (call.cancelled) cancel();
        else call.on('cancelled', cancel);
      }
      return controller.signal;
    },
    deadline: deadline instanceof Date ? deadline : deadline === Infinity ? undefined : new Date(deadline),
  };
}

/** An error in the form that grpc-js takes for a status. */
interface ErrorWithStatus extends Error {
  readonly code: number;
  readonly details?: string;
  readonly metadata?: Metadata;
}

function asStatus(error: unknown): ErrorWithStatus {
  const message = messageOf(error);
  if (error instanceof StatusError) return withStatus(error.status, message, error.metadata);
  // The failure of a call to another service is passed on, as an error returned by a Go plugin would be.
  if (error instanceof PluginCallError) return withStatus(error.status, error.details, error.metadata);
  return isErrorWithStatus(error) ? error : withStatus('UNKNOWN', message, {});
}

function isErrorWithStatus(error: unknown): error is ErrorWithStatus {
  return error instanceof Error && typeof (error as Partial<ErrorWithStatus>).code === 'number';
}

function withStatus(status: string, details: string, metadata: StatusError['metadata']): ErrorWithStatus {
  const code = (statusNames as readonly string[]).indexOf(status);
  return Object.assign(new Error(details), {
    code: code < 0 ? statusNames.indexOf('UNKNOWN') : code,
    details,
    metadata: toMetadata(metadata),
  });
}
