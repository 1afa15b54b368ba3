/** Does a piece of work at regular times, never twice at once. */
export class Periodic {
  readonly #work: () => Promise<void>;
  readonly #everyMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #ended = false;

  /** @param everyMs time between the end of one and the begin of the next; `undefined` for only on demand */
  constructor(work: () => Promise<void>, everyMs: number | undefined) {
    this.#work = work;
    this.#everyMs = everyMs;
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
      this.now().catch(() => undefined); // the work itself reports what fails
    }, this.#everyMs).unref();
  }
}
