/**
 * What a key may hold, by what was answered to the requests that wrote it. Each key has one writer, which sends one request
 * at a time, so whatever else is read is a wrong answer, or the loss of a write that was acknowledged.
 */
export class Register {
  /** Numbers that were written; undefined stands for nothing. */
  #possible: ReadonlySet<number | undefined> = new Set([undefined]);

  get mayBeAbsent(): boolean {
    return this.#possible.has(undefined);
  }

  get mayBePresent(): boolean {
    return [...this.#possible].some((value) => value !== undefined);
  }

  /** A write was acknowledged, or nothing but this value can be there. */
  is(value: number | undefined): void {
    this.#possible = new Set([value]);
  }

  /** Nobody knows whether the write was carried out. */
  mayBe(value: number | undefined): void {
    this.#possible = new Set([...this.#possible, value]);
  }

  /** @throws Error for a value that cannot be there */
  read(value: number | undefined, key: string): void {
    if (!this.#possible.has(value)) {
      const known = [...this.#possible].map((each) => each ?? 'nothing').join(' or ');
      throw new Error(`${key} holds ${value ?? 'nothing'}, and not ${known}`);
    }
    this.is(value);
  }
}
