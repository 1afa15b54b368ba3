/** The time by which a call has to be over, and the header that tells the other side. */

/** The longest that a timer can be set to; a call with a later deadline ends a little early. */
const longestTimerMs = 2_147_483_647;

export class CallDeadline {
  readonly #at: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param at `Infinity` for none */
  constructor(at: Date | number) {
    this.#at = at instanceof Date ? at.getTime() : at;
  }

  /** In milliseconds since the epoch. */
  get at(): number {
    return this.#at;
  }

  get passed(): boolean {
    return this.#at !== Infinity && Date.now() >= this.#at;
  }

  /** Calls `expire` at the deadline, unless `clear` is called before. */
  watch(expire: () => void): void {
    if (this.#at !== Infinity)
      this.#timer = setTimeout(expire, Math.min(this.#at - Date.now(), longestTimerMs));
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The value of the header `grpc-timeout`: at most eight digits and a unit. `undefined` where there is no deadline. */
  header(): string | undefined {
    if (this.#at === Infinity) return undefined;
    const whole = Math.max(1, Math.ceil(this.#at - Date.now()));
    return whole <= 99_999_999 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
  }
}
