/** Takes the one reply of a call. */
import type { MethodShape } from '../service.ts';
import { CallFailure, failure, okCode, type CallStatus } from './call-end.ts';
import { decodeReply } from './decode-reply.ts';
import type { CallListener, Http2Call } from './http2-call.ts';

export class ReplyListener implements CallListener {
  readonly #method: MethodShape;
  readonly #done: (failure: CallFailure | undefined, reply: unknown) => void;
  #call: Http2Call | undefined;
  #reply: { readonly value: unknown } | undefined;

  /** @param done called once, when the call is over */
  constructor(method: MethodShape, done: (failure: CallFailure | undefined, reply: unknown) => void) {
    this.#method = method;
    this.#done = done;
  }

  /** Called before the call begins. */
  listenTo(call: Http2Call): void {
    this.#call = call;
  }

  message(message: Buffer): void {
    const call = this.#call;
    if (call === undefined) return;
    if (this.#reply) call.cancel('UNIMPLEMENTED', 'Too many responses received');
    else this.#reply = decodeReply(call, this.#method, message);
  }

  ended(status: CallStatus): void {
    if (status.code === okCode && this.#reply) this.#done(undefined, this.#reply.value);
    else this.#done(new CallFailure(status.code === okCode ? absent(status) : status), undefined);
  }
}

function absent({ fields }: CallStatus): CallStatus {
  return { ...failure('UNIMPLEMENTED', 'No message received'), fields };
}
