/** One gRPC call over one HTTP/2 stream, as `@grpc/grpc-js` wants a call to be (gRPC: PROTOCOL-HTTP2.md). */
import {
  Metadata,
  status as statusCodes,
  type ChannelInterface,
  type InterceptingListener,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { certificateName } from '../tls/identity.ts';
import { answerOf, failure, httpFailure, metadataOf, resetFailure } from './call-end.ts';
import { CallDeadline } from './call-deadline.ts';
import { CallSender } from './call-sender.ts';
import { MessageReader } from './message-reader.ts';
import type { StatusError } from './status.ts';
import type { MessageLimit } from '../limits.ts';
import type { HeldBytes } from './held-bytes.ts';
import { LimitExceeded } from './limit-error.ts';

type GrpcCall = ReturnType<ChannelInterface['createCall']>;
type MessageContext = Parameters<GrpcCall['sendMessageWithContext']>[0];

/** What a call needs from its channel. */
export interface CallCarrier {
  readonly peer: string;
  /** Passes the session on, at once or when there is one. Each of the two functions is called at most once. */
  session(ready: (session: ClientHttp2Session) => void, failed: (why: string) => void): void;
  /** Counts the bytes that incomplete answers hold together. */
  readonly held: HeldBytes;
  /** Called when a call begins. @throws LimitExceeded when too many are in progress */
  enter(): void;
  /** Called when a call that has begun is over. */
  leave(): void;
  /** Returns why the session broke. */
  lossOf(session: ClientHttp2Session): string;
}

export class Http2Call implements GrpcCall {
  readonly #carrier: CallCarrier;
  readonly #path: string;
  readonly #deadline: CallDeadline;
  readonly #sender = new CallSender();
  readonly #reader: MessageReader;
  #entered = false;
  #listener: InterceptingListener | undefined;
  #stream: ClientHttp2Stream | undefined;
  #received: Buffer[] = [];
  #wanted = false;
  #delivering = false;
  #httpStatus: number | undefined;
  /** The status with which the other side ended the call. It is passed on when everything before it has been taken. */
  #answer: StatusObject | undefined;
  #over = false;

  constructor(carrier: CallCarrier, path: string, deadline: Date | number, limit: MessageLimit) {
    this.#carrier = carrier;
    this.#reader = new MessageReader(limit, carrier.held);
    this.#path = path;
    this.#deadline = new CallDeadline(deadline);
  }

  // --- asked for by grpc-js

  start(metadata: Metadata, listener: InterceptingListener): void {
    this.#listener = listener;
    if (this.#deadline.passed) {
      this.#expire();
      return;
    }
    try {
      this.#carrier.enter();
      this.#entered = true;
    } catch (error) {
      this.#end(failureOf(error as StatusError));
      return;
    }
    this.#deadline.watch(() => {
      this.#expire();
    });
    this.#carrier.session(
      (session) => {
        if (!this.#over) this.#open(session, metadata);
      },
      (why) => {
        this.#end(failure('UNAVAILABLE', why));
      },
    );
  }

  sendMessageWithContext({ callback }: MessageContext, message: Buffer): void {
    this.#sender.send(message, callback);
  }

  halfClose(): void {
    this.#sender.end();
  }

  startRead(): void {
    this.#wanted = true;
    this.#deliver();
  }

  cancelWithStatus(code: StatusObject['code'], details: string): void {
    this.#end({ code, details, metadata: new Metadata() });
  }

  getPeer(): string {
    return this.#carrier.peer;
  }

  getCallNumber(): number {
    return this.#stream?.id ?? 0;
  }

  setCredentials(): void {
    // A plugin connection is authenticated as a whole.
  }

  getAuthContext(): null {
    return null;
  }

  // --- told by the stream

  #open(session: ClientHttp2Session, metadata: Metadata): void {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(this.#headers(metadata));
    } catch (error) {
      const why = this.#carrier.lossOf(session) || (error as Error).message;
      this.#end(failure('UNAVAILABLE', why));
      return;
    }
    this.#stream = stream;
    stream.on('response', (headers: IncomingHttpHeaders, flags) => {
      this.#onResponse(headers, flags);
    });
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      this.#answer ??= answerOf(headers, this.#httpStatus);
    });
    stream.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
    });
    stream.on('end', () => {
      this.#deliver();
    });
    stream.on('error', () => undefined); // `close` follows, and knows as much
    stream.on('close', () => {
      // A session that breaks destroys its streams before it is told the reason itself.
      setImmediate(() => {
        this.#onClose(session, stream);
      });
    });
    this.#sender.open(stream);
  }

  #headers(metadata: Metadata): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = {
      ...metadata.toHttp2Headers(),
      ':method': 'POST',
      ':path': this.#path,
      ':authority': certificateName,
      'content-type': 'application/grpc',
      'user-agent': 'bulkhead',
      te: 'trailers',
    };
    const timeout = this.#deadline.header();
    if (timeout !== undefined) headers['grpc-timeout'] = timeout;
    return headers;
  }

  #onResponse(headers: IncomingHttpHeaders, flags: number): void {
    this.#httpStatus = Number(headers[':status']);
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) {
      this.#answer = answerOf(headers, this.#httpStatus);
      this.#stream?.resume();
    } else if (!this.#over) {
      this.#listener?.onReceiveMetadata(metadataOf(headers));
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#received.push(...this.#reader.push(chunk));
    } catch (error) {
      const why = failureOf(error as StatusError);
      this.#end(this.#httpStatus === 200 ? why : httpFailure(this.#httpStatus));
      return;
    }
    this.#deliver();
    if (this.#received.length > 0) this.#stream?.pause();
  }

  /** Passes on one message for each that was asked for, and the end after the last one. */
  #deliver(): void {
    if (this.#delivering) return; // the taker of a message may ask for the next one at once
    this.#delivering = true;
    let next = 0;
    for (; this.#wanted && !this.#over && next < this.#received.length; next += 1) {
      this.#wanted = false;
      this.#listener?.onReceiveMessage(this.#received[next]);
    }
    if (next > 0) this.#received = this.#received.slice(next);
    this.#delivering = false;
    if (this.#received.length > 0) return;
    if (this.#stream?.isPaused() === true) this.#stream.resume();
    if (this.#answer && this.#allRead()) {
      const answer = this.#reader.atEnd
        ? this.#answer
        : failure('INTERNAL', 'the last message is incomplete');
      this.#endByPeer(answer);
    }
  }

  /**
   * Whether everything was read. A session that ends right after an answer does not always leave its streams the time
   * to report their end.
   */
  #allRead(): boolean {
    const stream = this.#stream;
    return (
      stream !== undefined && (stream.readableEnded || (stream.destroyed && stream.readableLength === 0))
    );
  }

  #onClose(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    if (this.#over) return;
    if (this.#answer && this.#allRead()) this.#deliver();
    else if (session.destroyed) this.#end(failure('UNAVAILABLE', this.#carrier.lossOf(session)));
    else if (this.#httpStatus !== undefined && this.#httpStatus !== 200) {
      this.#end(httpFailure(this.#httpStatus));
    } else this.#endByPeer(resetFailure(stream.rstCode));
  }

  /**
   * Ends the call with the other side's status. A failure after the deadline counts as DEADLINE_EXCEEDED: the other
   * side's clock may be heard before our own timer, and servers with older gRPC answer UNKNOWN then.
   */
  #endByPeer(answer: StatusObject): void {
    if (answer.code !== statusCodes.OK && this.#deadline.passed) this.#expire();
    else this.#end(answer);
  }

  #expire(): void {
    this.#end(failure('DEADLINE_EXCEEDED', 'the deadline has passed'));
  }

  #end(status: StatusObject): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.clear();
    if (this.#entered) this.#carrier.leave();
    this.#reader.discard();
    this.#received = [];
    this.#sender.close();
    const stream = this.#stream;
    if (stream && !stream.destroyed) {
      if (!this.#answer) stream.close(constants.NGHTTP2_CANCEL);
      else if (!stream.writableEnded) stream.end();
      stream.resume(); // to its end
    }
    // A failure that never reached the other side is marked as `@grpc/grpc-js` marks its own.
    const unsent = stream === undefined || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const marked = unsent ? { ...status, progress: 'NOT_STARTED' } : status;
    // Called in a turn of its own: the listener may throw, and nothing here must be left half done.
    process.nextTick(() => this.#listener?.onReceiveStatus(marked));
  }
}

/**
 * Makes the status for a failure by a limit of this side. It names the limit for the code that explains it
 * (failure.ts).
 */
function failureOf(error: StatusError): StatusObject {
  const why = failure(error.status, error.message);
  return error instanceof LimitExceeded ? Object.assign(why, { limit: error.limit }) : why;
}
