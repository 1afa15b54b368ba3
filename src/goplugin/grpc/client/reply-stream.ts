/** The replies of a call with a stream of them. What is not taken makes the other side wait. */
import type { MethodShape } from '../../service.ts';
import { CallFailure, okCode, type CallStatus } from './call-end.ts';
import { decodeReply } from './decode-reply.ts';
import type { CallListener, Http2Call } from './http2-call.ts';

export class ReplyStream implements CallListener {
  readonly #method: MethodShape;
  #call: Http2Call | undefined;
  #replies: unknown[] = [];
  #next = 0;
  #status: CallStatus | undefined;
  #wake: (() => void) | undefined;

  constructor(method: MethodShape) {
    this.#method = method;
  }

  /** Called before the call begins. */
  listenTo(call: Http2Call): void {
    this.#call = call;
  }

  message(message: Buffer): void {
    const call = this.#call;
    if (call === undefined) return;
    const reply = decodeReply(call, this.#method, message);
    if (reply === undefined) return;
    this.#replies.push(reply.value);
    call.pause();
    this.#wake?.();
  }

  ended(status: CallStatus): void {
    this.#status = status;
    this.#wake?.();
  }

  /** How many replies have come and are not taken. */
  get ready(): number {
    return this.#replies.length - this.#next;
  }

  /** Takes a reply that is ready. */
  take(): unknown {
    const reply = this.#replies[this.#next];
    this.#replies[this.#next] = undefined;
    this.#next += 1;
    if (this.#next === this.#replies.length) {
      this.#replies = [];
      this.#next = 0;
    }
    return reply;
  }

  /** Resolves when a reply is ready, with true; or with false, when there will be none. @throws CallFailure */
  async more(): Promise<boolean> {
    while (this.ready === 0 && this.#status === undefined) {
      this.#call?.resume();
      if (this.#hasNews()) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.ready > 0) return true;
    if (this.#status === undefined || this.#status.code === okCode) return false;
    throw new CallFailure(this.#status);
  }

  /** Reading on may bring replies at once. */
  #hasNews(): boolean {
    return this.ready > 0 || this.#status !== undefined;
  }
}
