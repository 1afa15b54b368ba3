/** One call at a server, over one HTTP/2 stream (gRPC: PROTOCOL-HTTP2.md). */
import { checkReply } from '../../checking/check-reply.ts';
import { fieldNamed, type Fields } from '../../http2/fields.ts';
import type { HpackEncoder } from '../../http2/hpack-encoder.ts';
import { errorCode } from '../../http2/protocol.ts';
import type { Http2Stream, StreamEvents } from '../../http2/stream.ts';
import { messageLimit } from '../../limits.ts';
import type { Messages, MethodShape } from '../../service.ts';
import { CallDeadline } from '../call-deadline.ts';
import { timeoutOf } from '../grpc-timeout.ts';
import { Holding } from './holding.ts';
import { countedLength, withLength, type Intake } from './intake.ts';
import { MessageReader } from '../message-reader.ts';
import { outgoing, sendMessage, type OutgoingMessage } from '../outgoing-message.ts';
import { ok, replyStatus, responseHeaders, statusOf, trailersOf, type ReplyStatus } from './reply-status.ts';
import { RequestStream } from './request-stream.ts';
import { noLongerWaiting, ServedContext } from './served-context.ts';
import type { Handler, ServedMethod } from './served-methods.ts';
import { StatusError } from '../status.ts';
import { UnreadData } from '../unread-data.ts';

export interface CallSetting {
  readonly intake: Intake;
  readonly encoder: HpackEncoder;
}

export class ServedCall implements StreamEvents {
  readonly #stream: Http2Stream;
  readonly #fields: Fields;
  readonly #setting: CallSetting;
  readonly #method: MethodShape;
  readonly #handler: Handler | undefined;
  readonly #path: string;
  readonly #reader: MessageReader;
  readonly #holding: Holding;
  readonly #requests: RequestStream | undefined;
  readonly #context: ServedContext;
  #deadline: CallDeadline | undefined;
  #request: { readonly value: unknown } | undefined;
  #unread: UnreadData | undefined;
  #paused = false;
  #requestEnded = false;
  #started = false;
  #headersSent = false;
  /** The status has been sent, or can't be any more. */
  #answered = false;
  #over = false;
  /** Called when what was sent last is on its way. */
  #sent: (() => void)[] = [];
  #wake: (() => void) | undefined;

  constructor(stream: Http2Stream, fields: Fields, { method, handler }: ServedMethod, setting: CallSetting) {
    this.#stream = stream;
    this.#fields = fields;
    this.#setting = setting;
    this.#method = method;
    this.#handler = handler;
    this.#path = method.path;
    this.#context = new ServedContext(fields);
    const { intake } = setting;
    this.#reader = new MessageReader(messageLimit(method.path, intake.maxMessageBytes), intake.held);
    this.#holding = new Holding(intake);
    this.#requests = method.requestStream ? new RequestStream(this) : undefined;
  }

  /** @param ended true when there is no request at all */
  begin(ended: boolean): void {
    const timeout = fieldNamed(this.#fields, 'grpc-timeout');
    if (timeout !== undefined && !this.#limitTime(timeout)) return;
    if (this.#handler === undefined) {
      this.#finish(replyStatus('UNIMPLEMENTED', `The server does not implement the method ${this.#path}`));
      return;
    }
    if (this.#requests) this.#start(this.#handler, this.#requests);
    if (ended) this.ended();
  }

  // --- told by the stream

  headers(): void {
    this.ended(); // trailers of a request mean nothing in gRPC
  }

  data(piece: Buffer): void {
    if (this.#answered) return; // whatever still arrives is dropped
    if (this.#paused) this.#keep(piece);
    else this.#read(piece);
    if (!this.#paused) this.#stream.credit();
  }

  ended(): void {
    this.#requestEnded = true;
    if (!this.#paused) this.#endRequests();
  }

  drained(): void {
    this.#tellSent();
    this.#hangUp();
  }

  closed(): void {
    this.#close();
  }

  // --- for the stream of requests

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const unread = this.#unread;
    while (!this.#isPaused() && unread && unread.length > 0) {
      // Everything before has been taken, so that the caller can send while the next part is read.
      this.#stream.credit();
      const chunk = unread.take();
      this.#stream.unread = unread.length;
      if (chunk) this.#read(chunk);
    }
    if (this.#isPaused()) return;
    this.#stream.credit();
    if (this.#requestEnded) this.#endRequests();
  }

  #isPaused(): boolean {
    return this.#paused; // reading changes it
  }

  // --- requests

  #limitTime(header: string): boolean {
    const timeout = timeoutOf(header);
    if (timeout === undefined) {
      this.#finish(replyStatus('INTERNAL', `Invalid grpc-timeout value ${JSON.stringify(header)}`));
      return false;
    }
    this.#deadline = new CallDeadline(Date.now() + timeout);
    this.#deadline.watch(() => {
      this.#finish(replyStatus('DEADLINE_EXCEEDED', 'Deadline exceeded'));
    });
    return true;
  }

  #keep(piece: Buffer): void {
    const unread = (this.#unread ??= new UnreadData());
    unread.add(piece);
    this.#stream.unread = unread.length;
  }

  #read(piece: Buffer): void {
    if (this.#answered) return;
    try {
      for (const message of this.#reader.push(piece)) this.#take(message);
    } catch (error) {
      this.#reader.discard();
      this.#finish(statusOf(error));
    }
  }

  #take(message: Buffer): void {
    if (this.#answered) return;
    this.#holding.received(message.length);
    let request: unknown;
    try {
      request = withLength(this.#method.requestDeserialize(message), message.length);
    } catch {
      throw new StatusError('INTERNAL', 'Error deserializing request');
    }
    if (this.#requests) this.#requests.push(request);
    else if (this.#request === undefined) this.#request = { value: request };
    else throw new StatusError('UNIMPLEMENTED', `Received a second request message for ${this.#path}`);
  }

  #endRequests(): void {
    if (this.#answered) return;
    if (!this.#reader.atEnd) this.#finish(replyStatus('INTERNAL', 'the last message is incomplete'));
    else if (this.#requests) this.#requests.end();
    else if (this.#request === undefined) {
      this.#finish(replyStatus('UNIMPLEMENTED', `Received no request message for ${this.#path}`));
    } else if (this.#handler) this.#start(this.#handler, this.#request.value);
  }

  // --- answers

  #start(handler: Handler, input: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const work = this.#method.responseStream
      ? () => this.#answerAll(handler(input, this.#context.of(this.#deadline?.at)) as Messages<unknown>)
      : () => handler(input, this.#context.of(this.#deadline?.at));
    this.#setting.intake.handle(input, work).then(
      (reply) => {
        this.#answer(reply);
      },
      (error: unknown) => {
        this.#finish(statusOf(error));
      },
    );
  }

  #answer(reply: unknown): void {
    try {
      if (!this.#method.responseStream) this.#send(reply);
      this.#finish(ok);
    } catch (error) {
      this.#finish(statusOf(error));
    }
  }

  async #answerAll(replies: Messages<unknown>): Promise<void> {
    for await (const reply of replies) {
      if (this.#answered) return;
      if (!this.#send(reply)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** @returns false when the reply waits for the caller. @throws StatusError */
  #send(reply: unknown): boolean {
    if (this.#answered) return true;
    checkReply(this.#method, reply);
    let message: OutgoingMessage;
    try {
      message = outgoing(this.#method.responseSerialize, reply);
    } catch {
      throw new StatusError('INTERNAL', 'Error serializing response');
    }
    const sent = message.length > countedLength ? this.#holding.answered(message.length) : undefined;
    if (!this.#headersSent) this.#stream.sendHeaders(this.#setting.encoder.encode(responseHeaders));
    this.#headersSent = true;
    const all = sendMessage(this.#stream, message);
    if (all) sent?.();
    else if (sent) this.#sent.push(sent);
    return all;
  }

  /** Ends the call with a status, unless it has one. */
  #finish(status: ReplyStatus): void {
    if (this.#answered) return;
    this.#answered = true;
    const { common, others } = trailersOf(status, !this.#headersSent);
    this.#stream.sendTrailers(() => this.#setting.encoder.encode(common, others));
    this.#release();
    this.#hangUp();
  }

  /** A caller that still sends when it has the status need not: nobody reads it. */
  #hangUp(): void {
    if (!this.#answered || this.#stream.closed || this.#stream.hasWaiting) return;
    this.#stream.reset(errorCode.noError);
    this.#close();
  }

  #tellSent(): void {
    const sent = this.#sent;
    this.#sent = [];
    for (const each of sent) each();
    this.#wake?.();
  }

  /** The stream is over: nothing of this call is counted any more. */
  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#answered = true;
    this.#holding.end();
    this.#setting.intake.end();
    this.#release();
    this.#tellSent();
  }

  /** Nothing is read or waited for any more. */
  #release(): void {
    this.#deadline?.clear();
    this.#reader.discard();
    this.#unread = undefined;
    this.#requests?.end(noLongerWaiting());
    this.#context.end();
    this.#wake?.();
  }
}
