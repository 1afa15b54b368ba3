/** Takes the one reply of a call, for the promise that its caller has. */
import { whenAborted } from '../../../abort.ts';
import type { MethodShape } from '../../service.ts';
import { CallFailure, failure, okCode, type CallStatus } from './call-end.ts';
import type { CallTarget } from './calls.ts';
import { decodeReply } from './decode-reply.ts';
import type { CallListener, Http2Call } from './http2-call.ts';

export class ReplyListener implements CallListener {
  readonly #target: CallTarget;
  readonly #method: MethodShape;
  readonly #resolve: (reply: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #stopListening: (() => void) | undefined;
  #call: Http2Call | undefined;
  #aborted = false;
  #reply: { readonly value: unknown } | undefined;

  constructor(
    target: CallTarget,
    method: MethodShape,
    resolve: (reply: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#target = target;
    this.#method = method;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Called before the call begins. @param signal ends it */
  listenTo(call: Http2Call, signal: AbortSignal | undefined): void {
    this.#call = call;
    this.#target.inProgress.add(call);
    if (signal === undefined) return;
    this.#stopListening = whenAborted(signal, () => {
      this.#aborted = true;
      this.#reject(signal.reason); // the reason belongs to the caller and is passed on as it is
      call.cancel();
    });
  }

  message(message: Buffer): void {
    const call = this.#call;
    if (call === undefined) return;
    if (this.#reply) call.cancel('UNIMPLEMENTED', 'Too many responses received');
    else this.#reply = decodeReply(call, this.#method, message);
  }

  ended(status: CallStatus): void {
    this.#stopListening?.();
    if (this.#call) this.#target.inProgress.delete(this.#call);
    if (this.#aborted) return; // the caller knows already, and is told once
    if (status.code === okCode && this.#reply) this.#resolve(this.#reply.value);
    else this.#fail(new CallFailure(status.code === okCode ? absent(status) : status));
  }

  #fail(failed: CallFailure): void {
    this.#target.explain(failed, this.#method.path).then(this.#reject, this.#reject);
  }
}

function absent({ fields }: CallStatus): CallStatus {
  return { ...failure('UNIMPLEMENTED', 'No message received'), fields };
}
