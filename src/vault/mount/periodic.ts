/** Does a piece of work at regular times, never twice at once. */
export class Periodic {
  readonly #work: () => Promise<void>;
  readonly #everyMs: number | undefined;
  readonly #isOurs: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #ended = false;

  /**
   * @param everyMs time between the end of one and the begin of the next; `undefined` for only on demand
   * @param isOurs whether it is up to us at this time; on demand it is done in any case
   */
  constructor(work: () => Promise<void>, everyMs: number | undefined, isOurs: () => boolean) {
    this.#work = work;
    this.#everyMs = everyMs;
    this.#isOurs = isOurs;
    this.#schedule();
  }

  /** Does it now, or waits for the one that is under way. @throws the errors of the work */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  /** Waits for the one that is under way. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  #schedule(): void {
    if (this.#ended || this.#everyMs === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#isOurs()) this.#schedule();
      else this.now().catch(() => undefined); // the work itself reports what fails
    }, this.#everyMs).unref();
  }
}
