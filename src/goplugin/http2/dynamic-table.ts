/** The table of fields that both sides of a connection build up alike (RFC 7541, section 2.3.2). Pure. */

/** RFC 7541, section 4.1: what a field counts beside its name and value. */
const entryOverhead = 32;

export class DynamicTable {
  #capacity: number;
  #size = 0;
  /** Names and values in turn, the oldest first. */
  #entries: string[] = [];
  /** Where the oldest one is: removed ones are cut off now and then. */
  #first = 0;
  /** How many entries have ever been added. */
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get added(): number {
    return this.#added;
  }

  /** Number of entries. */
  get length(): number {
    return (this.#entries.length - this.#first) / 2;
  }

  /** @param index 0 for the entry that was added last */
  name(index: number): string | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 2 * index - 2] : undefined;
  }

  /** @param index 0 for the entry that was added last */
  value(index: number): string | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 2 * index - 1] : undefined;
  }

  /** Returns the index of an entry; -1 when it is not there. */
  find(name: string, value: string): number {
    for (let at = this.#entries.length - 2; at >= this.#first; at -= 2) {
      if (this.#entries[at] === name && this.#entries[at + 1] === value) {
        return (this.#entries.length - at) / 2 - 1;
      }
    }
    return -1;
  }

  /** Adds an entry, for which the oldest ones make room. One that is larger than the table only empties it. */
  add(name: string, value: string): void {
    const size = sizeOf(name, value);
    this.#evictTo(this.#capacity - size);
    this.#added += 1;
    if (size > this.#capacity) return;
    this.#entries.push(name, value);
    this.#size += size;
  }

  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#evictTo(capacity);
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.#first < this.#entries.length) {
      this.#size -= sizeOf(this.#entries[this.#first] ?? '', this.#entries[this.#first + 1] ?? '');
      this.#first += 2;
    }
    if (this.#first < 256 && this.#first < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}

/** The size of a field as HPACK counts it. @param name, value of characters below 256 */
export function sizeOf(name: string, value: string): number {
  return name.length + value.length + entryOverhead;
}
