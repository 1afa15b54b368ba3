/**
 * Streams by their ids. Most live for a moment, so they are kept in a list of places that are used again. A `Map` into which
 * they come and go makes a new table now and then, and each table keeps the next one, with its streams, from the garbage
 * collector until the collection of all memory.
 */
import type { Http2Stream } from './stream.ts';

const fewest = 16;
/** So many are enough for the calls that a server lets be in progress at a time. */
const most = 1024;

export class YoungStreams {
  #places = noStreams(fewest);
  /** Those whose place a later stream has taken. */
  readonly #old = new Map<number, Http2Stream>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Http2Stream | undefined {
    const stream = this.#places[this.#placeOf(id)];
    if (stream?.id === id) return stream;
    return this.#old.size > 0 ? this.#old.get(id) : undefined;
  }

  /** Adds a stream whose id is not there. */
  add(stream: Http2Stream): void {
    if (2 * this.#size >= this.#places.length && this.#places.length < most) this.#grow();
    const place = this.#placeOf(stream.id);
    const before = this.#places[place];
    if (before) this.#old.set(before.id, before);
    this.#places[place] = stream;
    this.#size += 1;
  }

  delete({ id }: Http2Stream): void {
    const place = this.#placeOf(id);
    if (this.#places[place]?.id === id) this.#places[place] = undefined;
    else if (!this.#old.delete(id)) return;
    this.#size -= 1;
  }

  /** In the order of their ids. */
  all(): Http2Stream[] {
    const young = this.#places.filter((stream) => stream !== undefined);
    return [...this.#old.values(), ...young].sort((one, other) => one.id - other.id);
  }

  clear(): void {
    this.#places = noStreams(fewest);
    this.#old.clear();
    this.#size = 0;
  }

  #grow(): void {
    const streams = this.all();
    const places = 4 * this.#places.length;
    this.clear();
    this.#places = noStreams(places);
    for (const stream of streams) this.add(stream);
  }

  /** Each side numbers its streams by twos. */
  #placeOf(id: number): number {
    return (id >>> 1) & (this.#places.length - 1);
  }
}

function noStreams(places: number): (Http2Stream | undefined)[] {
  return new Array<Http2Stream | undefined>(places).fill(undefined);
}
