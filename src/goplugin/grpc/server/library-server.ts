/**
 * Serves with a server of `@grpc/grpc-js`, for those who fill one themselves: generated code in its style. Connections
 * are given to it one by one.
 */
import type { Server } from '@grpc/grpc-js';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Servable } from '../../broker/broker.ts';
import { limits } from '../../limits.ts';
import type { ServiceDefinition } from '../../service.ts';
import { grpcJs } from './grpc-js.ts';
import { guardStream } from './guarded-stream.ts';
import { addServices } from './handlers.ts';
import type { Intake } from './intake.ts';

export class LibraryServer {
  /** The definitions of everything that is served: generated code adds its services to the server itself. */
  readonly definitions: ServiceDefinition[] = [];
  readonly #server: Server;
  readonly #inject: (connection: Duplex) => void;

  /** @throws InvalidOptionError when an implementation does not fit its definition */
  constructor(what: readonly Servable[], intake: Intake) {
    const library = grpcJs();
    const { definitions } = this;
    const server = new library.Server({
      'grpc.max_receive_message_length': -1, // guarded-stream.ts has the limits
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': limits.servedCallsOfConnection.value,
      'grpc.enable_channelz': 0,
    });
    const addService = server.addService.bind(server);
    server.addService = (definition, implementation) => {
      definitions.push(definition);
      addService(definition, implementation);
    };
    this.#server = server;
    for (const part of what) {
      if (typeof part === 'function') part(server);
      else addServices(server, part, intake);
    }
    // grpc-js's own TLS is not used: it would make a context for each server, and a broker has many servers.
    const injector = server.createConnectionInjector(library.ServerCredentials.createInsecure());
    guardStreams(server, intake);
    this.#inject = (connection) => {
      injector.injectConnection(connection);
    };
  }

  serve(connection: Duplex): void {
    this.#inject(connection);
  }

  /** Takes no further calls. Resolves when those in progress have ended. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
  }

  /** Ends all calls and connections at once. */
  close(): void {
    this.#server.forceShutdown();
  }
}

/**
 * Puts the limits between node:http2 and the server, which has no place for them. This depends on the server's inner
 * form: a server of another form serves nothing.
 */
function guardStreams(server: Server, intake: Intake): void {
  const made: unknown = Reflect.get(server, 'http2Servers');
  const [http2] = made instanceof Map ? (made.keys() as Iterable<Http2Server>) : [];
  const listeners = http2?.listeners('stream') as StreamListener[] | undefined;
  if (!http2 || !listeners || listeners.length === 0) {
    throw new Error(
      "this version of @grpc/grpc-js can't be limited: use the version that this package depends on",
    );
  }
  http2.removeAllListeners('stream');
  http2.on('stream', (stream, headers, flags) => {
    if (!guardStream(stream, headers, intake)) return;
    for (const listener of listeners) listener(stream, headers, flags);
  });
}

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => void;
