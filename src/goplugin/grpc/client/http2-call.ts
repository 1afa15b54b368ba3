/** One gRPC call over one HTTP/2 stream (gRPC: PROTOCOL-HTTP2.md). */
import type { Fields } from '../../http2/fields.ts';
import type { HeaderBlock } from '../../http2/hpack-decoder.ts';
import type { HpackEncoder } from '../../http2/hpack-encoder.ts';
import { errorCode } from '../../http2/protocol.ts';
import type { Http2Stream, StreamEvents, StreamLoss } from '../../http2/stream.ts';
import type { MessageLimit } from '../../limits.ts';
import type { Cancellable } from './calls-in-progress.ts';
import { CallDeadline } from '../call-deadline.ts';
import {
  answerOf,
  failure,
  failureOf,
  httpFailure,
  lossFailure,
  okCode,
  type CallStatus,
} from './call-end.ts';
import type { HeldBytes } from '../held-bytes.ts';
import { MessageReader } from '../message-reader.ts';
import { kept, sendMessage, type OutgoingMessage } from '../outgoing-message.ts';
import type { RequestHeaders } from './request-headers.ts';
import { statusNames, type StatusError, type StatusName } from '../status.ts';
import { UnreadData } from '../unread-data.ts';

/** What a call needs from its channel. */
export interface CallCarrier {
  /** Counts the bytes that incomplete answers hold together. */
  readonly held: HeldBytes;
  /** Called when a call begins. @throws LimitExceeded when too many are in progress */
  enter(): void;
  /** Called when a call that has begun is over. */
  leave(call: Http2Call): void;
  /** Calls `open` or `refused` of the call, at once or when it is known. */
  carry(call: Http2Call): void;
}

/** Who is told of a call's answers. */
export interface CallListener {
  /** @param message may be kept */
  message(message: Buffer): void;
  /** The end, told once, after the last message. */
  ended(status: CallStatus): void;
}

/** An empty list, which is never added to. */
const none: never[] = [];

export class Http2Call implements StreamEvents, Cancellable {
  readonly path: string;
  /** The links of the list of calls in progress. */
  list: Cancellable['list'];
  before: Cancellable['before'];
  after: Cancellable['after'];
  readonly #carrier: CallCarrier;
  readonly #deadline: CallDeadline;
  readonly #reader: MessageReader;
  readonly #listener: CallListener;
  /** Called when everything that was sent is on its way. */
  onDrained: (() => void) | undefined;
  /** Called when the call is over, after the listener. */
  onOver: (() => void) | undefined;
  #metadata: Fields = none;
  #entered = false;
  #stream: Http2Stream | undefined;
  /** What is to be sent, while there is no stream. */
  #unsent: Buffer[] = none;
  #finished = false;
  #paused = false;
  /** Answers that came while the call was paused. */
  #unread: UnreadData | undefined;
  #httpStatus: number | undefined;
  /** The status with which the other side ended the call. It is passed on when everything before it has been read. */
  #answer: CallStatus | undefined;
  #refused = false;
  #over = false;

  constructor(
    carrier: CallCarrier,
    path: string,
    { deadline, limit }: { readonly deadline: number; readonly limit: MessageLimit },
    listener: CallListener,
  ) {
    this.#carrier = carrier;
    this.#reader = new MessageReader(limit, carrier.held);
    this.path = path;
    this.#deadline = deadline === Infinity ? noDeadline : new CallDeadline(deadline);
    this.#listener = listener;
  }

  get over(): boolean {
    return this.#over;
  }

  /** How many messages wait to be sent. Long ones count twice. */
  get waiting(): number {
    return this.#stream ? this.#stream.waiting : this.#unsent.length;
  }

  start(metadata: Fields = none): void {
    if (this.#over) return;
    this.#metadata = metadata;
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
    this.#carrier.carry(this);
  }

  /**
   * Sends a message. @returns false when it waits for the other side; `onDrained` is called when it does not any more
   *
   * @param last true when it is the only one, or the last one
   */
  send(message: OutgoingMessage, last = false): boolean {
    if (this.#over || this.#finished) return true;
    this.#finished = last;
    if (this.#stream) return sendMessage(this.#stream, message, last);
    this.#unsent = [...this.#unsent, kept(message)];
    return false;
  }

  /** Ends the sending; answers still come. */
  finish(): void {
    if (this.#over || this.#finished) return;
    this.#finished = true;
    this.#stream?.end();
  }

  cancel(status: StatusName = 'CANCELLED', details = 'Cancelled on client'): void {
    this.#end(failure(status, details));
  }

  /** Ends the call for a reason of this side that has a status already. */
  fail(status: CallStatus): void {
    this.#end(status);
  }

  /** While it is paused, at most what the stream's window holds is kept. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#readOn();
  }

  // --- told by the channel

  /** There is a connection with room for a stream. */
  open(stream: Http2Stream, headers: RequestHeaders, encoder: HpackEncoder): void {
    this.#stream = stream;
    const timeout = this.#deadline.header();
    let fields = this.#metadata;
    if (timeout !== undefined) {
      fields = [
        ...fields.filter((_, at) => fields[at - (at % 2)] !== 'grpc-timeout'),
        'grpc-timeout',
        timeout,
      ];
    }
    stream.sendHeaders(headers.block(encoder, this.path, fields));
    const unsent = this.#unsent;
    this.#unsent = none;
    if (unsent === none && !this.#finished) return;
    for (const [index, message] of unsent.entries()) {
      sendMessage(stream, message, this.#finished && index === unsent.length - 1);
    }
    if (this.#finished && unsent.length === 0) stream.end();
    if (unsent.length > 0 && stream.waiting === 0) this.onDrained?.();
  }

  /** There is no connection, and there will be none. */
  refuse(why: string): void {
    this.#end(failure('UNAVAILABLE', why));
  }

  // --- told by the stream

  headers({ fields, status }: HeaderBlock, ended: boolean): void {
    this.#httpStatus ??= status;
    if (!ended) return;
    this.#answer ??= answerOf(fields, this.#httpStatus);
    this.#readOn();
  }

  data(piece: Buffer): void {
    if (this.#over) return;
    if (this.#paused) this.#keep(piece);
    else this.#read(piece);
    if (!this.#paused) this.#stream?.credit();
  }

  ended(): void {
    this.#answer ??= this.#withoutStatus(undefined);
    this.#readOn();
  }

  drained(): void {
    this.onDrained?.();
  }

  closed(loss: StreamLoss | undefined): void {
    if (this.#over) return;
    this.#refused = loss?.kind === 'reset' && loss.code === errorCode.refusedStream;
    if (this.#answer) return; // it is passed on once it was read
    if (loss?.kind === 'lost') this.#end(lossFailure(loss));
    else this.#endByPeer(this.#withoutStatus(loss));
  }

  #withoutStatus(loss: StreamLoss | undefined): CallStatus {
    const status = this.#httpStatus;
    return status !== undefined && status !== 200 ? httpFailure(status) : lossFailure(loss);
  }

  #readOn(): void {
    const unread = this.#unread;
    while (!this.#paused && !this.#over && unread && unread.length > 0) {
      // Everything before has been taken, so that the other side can send while the next part is read.
      this.#stream?.credit();
      const chunk = unread.take();
      if (this.#stream) this.#stream.unread = unread.length;
      if (chunk) this.#read(chunk);
    }
    if (this.#paused || this.#over) return;
    this.#stream?.credit();
    if (this.#answer) {
      const incomplete = failure('INTERNAL', 'the last message is incomplete');
      this.#endByPeer(this.#reader.atEnd ? this.#answer : incomplete);
    }
  }

  #keep(piece: Buffer): void {
    const unread = (this.#unread ??= new UnreadData());
    unread.add(piece);
    if (this.#stream) this.#stream.unread = unread.length;
  }

  #read(piece: Buffer): void {
    let messages: Buffer[];
    try {
      messages = this.#reader.push(piece);
    } catch (error) {
      this.#end(this.#httpStatus === 200 ? failureOf(error as StatusError) : httpFailure(this.#httpStatus));
      return;
    }
    for (const message of messages) if (!this.#over) this.#listener.message(message);
  }

  /**
   * Ends the call with the other side's status. A failure after the deadline counts as DEADLINE_EXCEEDED: the other
   * side's clock may be heard before our own timer, and servers with older gRPC answer UNKNOWN then.
   */
  #endByPeer(answer: CallStatus): void {
    if (answer.code !== okCode && this.#deadline.passed) this.#expire();
    else this.#end(answer);
  }

  #expire(): void {
    this.#end({ code: deadlineExceeded, details: 'the deadline has passed', fields: [] });
  }

  #end(status: CallStatus): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.clear();
    this.#reader.discard();
    this.#unread = undefined;
    this.#unsent = none;
    const stream = this.#stream;
    if (stream && !stream.closed) {
      // An answer ends the sending; what has not been sent by then is not sent any more.
      if (this.#answer && stream.waiting === 0) stream.end();
      else stream.reset(errorCode.cancel);
    }
    if (this.#entered) this.#carrier.leave(this);
    const notStarted = stream === undefined || this.#refused;
    this.#listener.ended(notStarted ? { ...status, progress: 'NOT_STARTED' } : status);
    this.onOver?.();
  }
}

const noDeadline = new CallDeadline(Infinity);
const deadlineExceeded = statusNames.indexOf('DEADLINE_EXCEEDED');
