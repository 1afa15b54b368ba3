/** Limits how many streams are open at a time, in all and for each token. */
import { ApiError } from '../http/api-error.ts';

/** How many streams a server has open at most. */
export const mostStreams = 64;
/** How many of them one token may have. */
export const mostStreamsOfToken = 16;

export class StreamSlots {
  readonly #most: number;
  readonly #mostOfToken: number;
  readonly #open = new Map<string, number>();

  constructor({ most = mostStreams, mostOfToken = mostStreamsOfToken } = {}) {
    this.#most = most;
    this.#mostOfToken = mostOfToken;
  }

  get count(): number {
    return [...this.#open.values()].reduce((sum, each) => sum + each, 0);
  }

  /** @throws ApiError 429 when there are too many @returns what gives the place back */
  take(tokenId: string): Disposable {
    const own = this.#open.get(tokenId) ?? 0;
    if (own >= this.#mostOfToken)
      throw tooMany(`this token has ${own} streams open, which is all that it may have`);
    if (this.count >= this.#most)
      throw tooMany(`the server has ${this.#most} streams open, which is its limit`);
    this.#open.set(tokenId, own + 1);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const left = (this.#open.get(tokenId) ?? 1) - 1;
        if (left === 0) this.#open.delete(tokenId);
        else this.#open.set(tokenId, left);
      },
    };
  }
}

function tooMany(why: string): ApiError {
  return new ApiError(429, `${why}; close one that is no longer needed`, {
    headers: { 'retry-after': '5' },
    mayRepeat: true,
  });
}
