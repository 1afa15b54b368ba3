/** Work that is done once for everybody who asks for it, at the same time or later. Work that failed is done again. */
export class SharedWork {
  #done: Promise<void> | undefined;

  /** @throws what the work throws */
  once(work: () => Promise<void>): Promise<void> {
    this.#done ??= work().catch((error: unknown) => {
      this.#done = undefined;
      throw error;
    });
    return this.#done;
  }
}
