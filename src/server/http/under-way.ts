/** The requests that are worked on: how many, for how long, and their end when the server ends. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { orAborted } from '../../abort.ts';
import { ApiError } from './api-error.ts';
import type { AllLimits } from './limits.ts';

export interface Work extends Disposable {
  readonly signal: AbortSignal;
  /** Resolves as the work does, or rejects when the caller goes away, the time is over or the server ends. */
  until<T>(work: Promise<T>): Promise<T>;
}

export class UnderWay {
  readonly #limits: AllLimits;
  readonly #works = new Set<{
    readonly life: AbortController;
    readonly lasting: boolean;
    readonly tokenId: string | undefined;
  }>();
  #draining = false;
  #ended: () => void = () => undefined;

  constructor(limits: AllLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#works.size;
  }

  /** @throws ApiError 503 */
  begin(
    response: ServerResponse,
    { lasting, reads, tokenId }: { lasting: boolean; reads: boolean; tokenId?: string | undefined },
  ): Work {
    const { requestMs, requests, lasting: mostLasting, lastingOfToken } = this.#limits;
    if (this.#draining) throw busy('the server is about to end');
    const alike = [...this.#works].filter((each) => each.lasting === lasting);
    if (alike.length >= (lasting ? mostLasting : requests))
      throw busy('too many requests are worked on already');
    if (lasting && alike.filter((each) => each.tokenId === tokenId).length >= lastingOfToken)
      throw busy(`this token has ${lastingOfToken} answers that last already`);
    const work = { life: new AbortController(), lasting, tokenId };
    this.#works.add(work);
    const gone = (): void => {
      if (!response.writableFinished) work.life.abort(new ApiError(499, 'the caller has gone'));
    };
    response.once('close', gone);
    const late = lasting
      ? undefined
      : setTimeout(() => {
          const text = `the request was not answered within ${requestMs} ms; it may have been carried out`;
          work.life.abort(new ApiError(reads ? 504 : 409, text));
        }, requestMs);
    const { signal } = work.life;
    return {
      signal,
      until: (done) => orAborted(done, signal),
      [Symbol.dispose]: () => {
        clearTimeout(late);
        response.off('close', gone);
        this.#works.delete(work);
        if (this.#works.size === 0) this.#ended();
      },
    };
  }

  /** Refuses new requests, ends those that last, and gives the others some time. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    for (const { life, lasting } of this.#works) if (lasting) life.abort(busy('the server ends'));
    const isOver = new AbortController();
    const over = once(isOver.signal, 'abort');
    this.#ended = () => {
      isOver.abort();
    };
    if (this.#works.size === 0) return;
    const late = setTimeout(this.#ended, drainMs);
    await over;
    clearTimeout(late);
    for (const { life } of this.#works)
      life.abort(new ApiError(409, 'the server has ended; the request may have been carried out'));
  }
}

function busy(why: string): ApiError {
  return new ApiError(503, `${why}; nothing was done`, { headers: { 'Retry-After': '1' }, mayRepeat: true });
}
