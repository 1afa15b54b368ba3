/** The keys of which a plugin still has to be told that somebody else changed them. */

/** Most keys that wait for a plugin; beyond it, the caches of a plugin that does not listen become stale. */
const mostWaiting = 16_384;

export class Invalidations {
  readonly #keys = new Set<string>();
  readonly #tell: (key: string) => Promise<void>;
  readonly #problem: (what: string, error: unknown) => void;
  #open = false;
  #telling: Promise<void> | undefined;

  /** @param tell tells the plugin of one key */
  constructor(tell: (key: string) => Promise<void>, problem: (what: string, error: unknown) => void) {
    this.#tell = tell;
    this.#problem = problem;
  }

  /** Begins to tell the plugin, of what has come in the meantime too. */
  open(): void {
    this.#open = true;
    this.#begin();
  }

  close(): void {
    this.#open = false;
    this.#keys.clear();
  }

  add(key: string): void {
    if (this.#keys.size >= mostWaiting && !this.#keys.has(key)) {
      this.#problem('a plugin does not take notice of changes by others', new Error('too many wait'));
      return;
    }
    this.#keys.add(key);
    this.#begin();
  }

  /** Resolves when the plugin has been told of everything; `undefined` when it has been. */
  get told(): Promise<void> | undefined {
    return this.#telling;
  }

  #begin(): void {
    if (!this.#open || this.#telling !== undefined || this.#keys.size === 0) return;
    this.#telling = this.#run().finally(() => {
      this.#telling = undefined;
      this.#begin();
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    for (;;) {
      const [key] = this.#keys;
      if (key === undefined) return;
      this.#keys.delete(key);
      try {
        await this.#tell(key);
      } catch (error) {
        if (this.#open) this.#problem(`a plugin could not be told that ${key} was changed`, error);
      }
    }
  }
}
