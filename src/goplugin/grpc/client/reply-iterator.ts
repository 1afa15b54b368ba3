/**
 * The replies of a call as an async iterable. It is what an async generator would be, but hands on a reply that is there
 * with one promise, where a generator takes several.
 */
import { whenAborted } from '../../../abort.ts';
import { CallFailure } from './call-end.ts';
import type { CallTarget } from './calls.ts';
import type { Http2Call } from './http2-call.ts';
import type { ReplyStream } from './reply-stream.ts';

/** A call that has begun. */
export interface Receiving {
  readonly target: CallTarget;
  readonly path: string;
  readonly call: Http2Call;
  readonly replies: ReplyStream;
  readonly signal: AbortSignal | undefined;
  /** Returns the error to throw in place of one that was thrown. */
  readonly instead?: ((error: unknown) => unknown) | undefined;
}

type Step = IteratorResult<unknown, unknown>;

export class ReplyIterator implements AsyncIterableIterator<unknown, unknown, undefined> {
  readonly #begin: () => Receiving;
  #receiving: Receiving | undefined;
  #stopListening: (() => void) | undefined;
  #over = false;
  /** What was asked for and is not answered yet, in order. */
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** @param begin called when the first reply is asked for; what it throws is thrown there */
  constructor(begin: () => Receiving) {
    this.#begin = begin;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    const receiving = this.#receiving;
    if (receiving && this.#asked === 0 && receiving.replies.ready > 0 && receiving.signal?.aborted !== true) {
      return Promise.resolve({ done: false, value: receiving.replies.take() });
    }
    return this.#inOrder(() => this.#next());
  }

  return(value?: unknown): Promise<Step> {
    return this.#inOrder(async () => {
      this.#end();
      return { done: true, value: await value };
    });
  }

  throw(error?: unknown): Promise<Step> {
    return this.#inOrder(() => {
      this.#end();
      // The error belongs to the caller and is passed on as it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      return Promise.reject(error);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => undefined);
  }

  #inOrder(work: () => Promise<Step>): Promise<Step> {
    this.#asked += 1;
    const answer = this.#last.then(work).finally(() => {
      this.#asked -= 1;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #next(): Promise<Step> {
    if (this.#over) return { done: true, value: undefined };
    try {
      const receiving = (this.#receiving ??= this.#start());
      const { replies, signal } = receiving;
      if (await replies.more()) {
        signal?.throwIfAborted();
        return { done: false, value: replies.take() };
      }
      this.#end();
      return { done: true, value: undefined };
    } catch (error) {
      const receiving = this.#receiving;
      this.#end();
      throw receiving ? await explained(receiving, error) : error;
    }
  }

  #start(): Receiving {
    const receiving = this.#begin();
    const { target, call, signal } = receiving;
    this.#stopListening = whenAborted(signal, () => {
      call.cancel();
    });
    target.inProgress.add(call);
    return receiving;
  }

  #end(): void {
    this.#over = true;
    const receiving = this.#receiving;
    this.#receiving = undefined;
    if (receiving === undefined) return;
    this.#stopListening?.();
    receiving.target.inProgress.delete(receiving.call);
    receiving.call.cancel();
  }
}

async function explained({ target, path, signal, instead }: Receiving, error: unknown): Promise<unknown> {
  const told: unknown =
    signal?.aborted === true
      ? signal.reason
      : error instanceof CallFailure
        ? await target.explain(error, path)
        : error;
  return instead ? instead(told) : told;
}
