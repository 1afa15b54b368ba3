/** What is remembered of streams that are over, or never were. */

/** As many as there can be calls in progress: all of them may be cancelled at a time. */
const mostReset = 16 * 1024;
const mostRanges = 64;

/** The streams that this side has reset last: what the other side sent before it knew of it is ignored. */
export class RecentIds {
  readonly #ids = new Set<number>();

  add(id: number): void {
    this.#ids.add(id);
    if (this.#ids.size <= mostReset) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    }
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}

/** The ids that a client has passed over: they can't be used any more, and never were (RFC 9113, section 5.1.1). */
export class SkippedIds {
  readonly #ranges: (readonly [from: number, to: number])[] = [];

  add(from: number, to: number): void {
    if (from > to || from < 1) return;
    this.#ranges.push([from, to]);
    if (this.#ranges.length > mostRanges) this.#ranges.shift();
  }

  has(id: number): boolean {
    return this.#ranges.some(([from, to]) => id >= from && id <= to);
  }
}
