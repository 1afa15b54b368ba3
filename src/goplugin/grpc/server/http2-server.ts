/** Serves gRPC calls on connections that are given to it one by one. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Http2Connection } from '../../http2/connection.ts';
import { CommonFields } from '../../http2/hpack-encoder.ts';
import { fieldNamed } from '../../http2/fields.ts';
import type { HeaderBlock } from '../../http2/hpack-decoder.ts';
import { errorCode } from '../../http2/protocol.ts';
import type { Http2Stream, StreamEvents } from '../../http2/stream.ts';
import type { ServedService } from '../../service.ts';
import { connectionLimits } from '../connection/connection-limits.ts';
import type { Intake } from './intake.ts';
import { OtherRequest } from './other-request.ts';
import { ServedCall } from './served-call.ts';
import { servedMethods, type ServedMethod } from './served-methods.ts';

/** gRPC: PROTOCOL-HTTP2.md, "Content-Type" */
const unsupported = new CommonFields([':status', '415']);
const notAllowed = new CommonFields([':status', '405']);

export class Http2Server {
  readonly #methods: ReadonlyMap<string, ServedMethod>;
  readonly #intake: Intake;
  readonly #connections = new Map<Http2Connection, Duplex>();

  /** @throws InvalidOptionError when an implementation does not fit its definition */
  constructor(services: readonly ServedService[], intake: Intake) {
    this.#methods = servedMethods(services);
    this.#intake = intake;
  }

  /** Serves a connection, until either side closes it. */
  serve(socket: Duplex): void {
    if (socket.destroyed) return;
    const connection: Http2Connection = new Http2Connection(socket, 'server', connectionLimits, {
      ready: () => undefined,
      goingAway: () => undefined,
      roomForStreams: () => undefined,
      closed: () => this.#connections.delete(connection),
      accept: (stream, block, ended) => this.#accept(connection, stream, block, ended),
    });
    this.#connections.set(connection, socket);
  }

  /** Takes no further calls. Resolves when those in progress have ended, and their answers have been read. */
  async finish(): Promise<void> {
    const closed = [...this.#connections].map(async ([connection, socket]) => {
      const gone = socket.closed ? undefined : once(socket, 'close');
      connection.close();
      await gone;
    });
    await Promise.allSettled(closed);
  }

  /** Ends all calls and connections at once. Idempotent. */
  close(): void {
    for (const connection of [...this.#connections.keys()]) connection.destroy('the server was closed');
  }

  #accept(
    { encoder }: Http2Connection,
    stream: Http2Stream,
    { fields }: HeaderBlock,
    ended: boolean,
  ): StreamEvents | number {
    const isPost = fieldNamed(fields, ':method') === 'POST';
    const isGrpc = fieldNamed(fields, 'content-type')?.startsWith('application/grpc') === true;
    if (!this.#intake.begin()) return errorCode.refusedStream;
    if (!isPost || !isGrpc) {
      const other = new OtherRequest(stream, encoder, isPost ? unsupported : notAllowed, this.#intake);
      stream.events = other;
      if (ended) other.ended();
      return other;
    }
    const path = fieldNamed(fields, ':path') ?? '';
    const call = new ServedCall(stream, fields, this.#methods.get(path) ?? absent(path), {
      intake: this.#intake,
      encoder,
    });
    stream.events = call;
    call.begin(ended);
    return call;
  }
}

function absent(path: string): ServedMethod {
  const bytes = (value: Buffer): Buffer => value;
  return {
    method: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
    handler: undefined,
  };
}
