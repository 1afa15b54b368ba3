/** The streams of a connection, and what is known of those that are over or never were. Does no I/O. */
import { ConnectionFault } from './errors.ts';
import type { Role } from './connection-options.ts';
import { errorCode, largestStreamId } from './protocol.ts';
import { RecentIds, SkippedIds } from './recent-ids.ts';
import type { Http2Stream } from './stream.ts';
import { YoungStreams } from './young-streams.ts';

export class StreamTable {
  readonly #role: Role;
  readonly #streams = new YoungStreams();
  readonly #resetHere = new RecentIds();
  readonly #skipped = new SkippedIds();
  #nextId: number;
  #lastPeerId = 0;

  constructor(role: Role) {
    this.#role = role;
    this.#nextId = role === 'client' ? 1 : 2;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** The last stream that the other side has opened. */
  get lastPeerId(): number {
    return this.#lastPeerId;
  }

  /** True when this side has used up its ids. */
  get exhausted(): boolean {
    return this.#nextId > largestStreamId;
  }

  all(): Http2Stream[] {
    return this.#streams.all();
  }

  get(id: number): Http2Stream | undefined {
    return this.#streams.get(id);
  }

  /** Returns the id for a new stream of this side. */
  takeId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  add(stream: Http2Stream): void {
    this.#streams.add(stream);
  }

  delete(stream: Http2Stream): void {
    this.#streams.delete(stream);
  }

  clear(): void {
    this.#streams.clear();
  }

  isOwn(id: number): boolean {
    return id % 2 === this.#nextId % 2;
  }

  noteReset(id: number): void {
    this.#resetHere.add(id);
  }

  wasResetHere(id: number): boolean {
    return this.#resetHere.has(id);
  }

  /** Whether the other side opens a stream with this id now. @throws ConnectionFault for an id it may not use */
  opensByPeer(id: number): boolean {
    if (this.#role === 'client' || id <= this.#lastPeerId) return false;
    if (id % 2 === 0) throw new ConnectionFault(errorCode.protocolError, 'a client opens an even stream');
    this.#skipped.add(this.#lastPeerId + 1, id - 2);
    this.#lastPeerId = id;
    return true;
  }

  /** @throws ConnectionFault when the stream has not been opened */
  refuseIdle(id: number, what: string): void {
    const opened = this.isOwn(id)
      ? id < this.#nextId
      : id <= this.#lastPeerId && id % 2 === 1 && !this.#skipped.has(id);
    if (id === 0 || !opened) {
      throw new ConnectionFault(errorCode.protocolError, `${what} on a stream that was not opened`);
    }
  }
}
