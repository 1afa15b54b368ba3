/**
 * gRPC services as plain data, and the TypeScript types of clients and implementations that follow from them.
 *
 * A `ServiceDefinition` has the shape that `@grpc/grpc-js`, `@grpc/proto-loader`, `grpc-tools` and `ts-proto` agree on,
 * so a definition from any of them can be passed in.
 */

/** One method, whose message types are left open. */
export interface MethodShape {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/** One method. `Request` and `Reply` are the decoded messages. */
export interface MethodDefinition<Request, Reply> extends MethodShape {
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Reply) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Reply;
}

export type ServiceDefinition = Readonly<Record<string, MethodShape>>;

/** A message whose type was read at run time, from a .proto file or from the plugin itself. */
export type ProtoMessage = Record<string, unknown>;

/** A service read at run time; see `loadProto`. */
export type DynamicService = Readonly<Record<string, MethodDefinition<ProtoMessage, ProtoMessage>>>;

/** gRPC metadata: lower-case names; names ending in `-bin` carry bytes. */
export type CallMetadata = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

export interface CallOptions {
  /** Abort cancels the call at the other side (its context ends) and rethrows the reason as it is. */
  readonly signal?: AbortSignal | undefined;
  /** Time limit of the whole call in milliseconds, which is also sent as gRPC deadline. Default: none. */
  readonly timeoutMs?: number | undefined;
  readonly metadata?: CallMetadata | undefined;
}

/** The messages that a stream of requests may be made of. */
export type Messages<T> = Iterable<T> | AsyncIterable<T>;

export type UnaryCall<Request, Reply> = (request: Request, options?: CallOptions) => Promise<Reply>;
/** Leaving the loop early cancels the call. */
export type ServerStreamCall<Request, Reply> = (
  request: Request,
  options?: CallOptions,
) => AsyncIterable<Reply>;
export type ClientStreamCall<Request, Reply> = (
  requests: Messages<Request>,
  options?: CallOptions,
) => Promise<Reply>;
/** Requests are drawn as fast as the other side takes them; leaving the loop early cancels the call. */
export type BidiStreamCall<Request, Reply> = (
  requests: Messages<Request>,
  options?: CallOptions,
) => AsyncIterable<Reply>;

/** A method of a service known only at run time: await the reply, or loop over the stream, as its kind demands. */
export type DynamicCall = (
  request: ProtoMessage | Messages<ProtoMessage>,
  options?: CallOptions,
) => Promise<ProtoMessage> & AsyncIterable<ProtoMessage>;

type ByKind<M, Unary, ServerStream, ClientStream, Bidi, Dynamic> = M extends {
  requestStream: infer Many;
  responseStream: infer Back;
}
  ? boolean extends Many
    ? Dynamic
    : Many extends true
      ? Back extends true
        ? Bidi
        : ClientStream
      : Back extends true
        ? ServerStream
        : Unary
  : never;

type SentRequest<M> = M extends { requestSerialize: (value: infer T) => Buffer } ? T : never;
type ReceivedReply<M> = M extends { responseDeserialize: (bytes: Buffer) => infer T } ? T : never;

type CallFor<M> = ByKind<
  M,
  UnaryCall<SentRequest<M>, ReceivedReply<M>>,
  ServerStreamCall<SentRequest<M>, ReceivedReply<M>>,
  ClientStreamCall<SentRequest<M>, ReceivedReply<M>>,
  BidiStreamCall<SentRequest<M>, ReceivedReply<M>>,
  DynamicCall
>;

/** The client of a service: each method under its name and under its name with a small first letter. */
export type ClientFor<S> = { readonly [K in keyof S & string as K | Uncapitalize<K>]: CallFor<S[K]> };

/** Makes clients over one connection. The second form trusts the caller's type of the service. */
export interface ClientMaker {
  <S extends ServiceDefinition>(service: S): ClientFor<S>;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the interface
  <T extends object>(service: ServiceDefinition): T;
}

/** What an implementation learns about the call it answers. */
export interface CallContext {
  /** Aborted when the caller cancels, its deadline passes or its connection is gone. */
  readonly signal: AbortSignal;
  readonly metadata: CallMetadata;
  /** When the caller stops waiting; `undefined` when it set no deadline. */
  readonly deadline: Date | undefined;
}

type MaybePromise<T> = T | Promise<T>;
type ReceivedRequest<M> = M extends { requestDeserialize: (bytes: Buffer) => infer T } ? T : never;
type SentReply<M> = M extends { responseSerialize: (value: infer T) => Buffer } ? T : never;

type HandlerFor<M> = ByKind<
  M,
  (request: ReceivedRequest<M>, context: CallContext) => MaybePromise<SentReply<M>>,
  (request: ReceivedRequest<M>, context: CallContext) => Messages<SentReply<M>>,
  (requests: AsyncIterable<ReceivedRequest<M>>, context: CallContext) => MaybePromise<SentReply<M>>,
  (requests: AsyncIterable<ReceivedRequest<M>>, context: CallContext) => Messages<SentReply<M>>,
  DynamicHandler
>;

/** Answers a method of a service known only at run time. The first argument is a message or, for a stream, an iterable. */
export type DynamicHandler = (
  // The caller's .proto decides which; an implementation knows its own.
  request: never,
  context: CallContext,
) => MaybePromise<object> | Messages<object>;

type NameOf<S> = keyof S & string;
/** The method of this name, with a capital or a small first letter. */
type MethodNamed<S, Name> = {
  [K in NameOf<S>]: Name extends K | Uncapitalize<K> ? S[K] : never;
}[NameOf<S>];

/**
 * One function for each method, named as in the definition or with a small first letter. It is not a mapped type with
 * renamed keys, because the compiler could not infer the parameter types of functions from that.
 */
export type ImplementationFor<S> = {
  readonly [Name in NameOf<S> | Uncapitalize<NameOf<S>>]?: HandlerFor<MethodNamed<S, Name>>;
};

/** A service to be served: its definition, and a function for each method. A method left out answers UNIMPLEMENTED. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly implementation: object;
}
