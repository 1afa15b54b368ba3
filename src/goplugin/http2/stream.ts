/** One stream of a connection: its states, its windows, and what waits to be sent (RFC 9113, section 5). */
import type { HeaderBlock } from './hpack-decoder.ts';
import { sent, waitingCopies, type Waiting } from './write-memory.ts';

/** How a stream ended, other than by an END_STREAM in both directions. */
export type StreamLoss =
  /** The other side reset it. */
  | { readonly kind: 'reset'; readonly code: number }
  /** The other side broke a rule or a limit, so this side reset it. */
  | { readonly kind: 'fault'; readonly code: number; readonly why: string }
  /** The connection is gone. */
  | { readonly kind: 'lost'; readonly why: string };

/** What the user of a stream is told. */
export interface StreamEvents {
  /** @param ended true when nothing follows */
  headers(block: HeaderBlock, ended: boolean): void;
  /** @param piece a view that is valid only during the call */
  data(piece: Buffer): void;
  /** The other side has sent everything, and the last piece was not the headers. */
  ended(): void;
  /** Everything that was sent is in the connection's hands; more may be sent. */
  drained(): void;
  /**
   * The stream is over, and nothing else will be told. `undefined` after an END_STREAM in both directions. It is not told
   * after a `reset` of this side.
   */
  closed(loss: StreamLoss | undefined): void;
}

/** For a stream that nobody uses. */
export const unheard: StreamEvents = {
  headers: () => undefined,
  data: () => undefined,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
};

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Sends what the windows allow. */
  pump(stream: Http2Stream): void;
  /** Whether bytes that are sent may change as soon as they have been. */
  readonly copiesData: boolean;
  /** Sends bytes at once, as far as the windows allow it. @returns how many have been sent */
  sendNow(stream: Http2Stream, bytes: Uint8Array, end: boolean): number;
  headers(stream: Http2Stream, block: Buffer, end: boolean): void;
  reset(stream: Http2Stream, code: number): void;
  credit(stream: Http2Stream): void;
  /** Called when both directions have ended. */
  release(stream: Http2Stream): void;
}

/** A queue that is never added to: most streams need none. */
const empty: never[] = [];

export class Http2Stream {
  readonly id: number;
  events: StreamEvents;
  readonly #carrier: StreamCarrier;
  /** Bytes that may be sent. It is negative when the other side has made its window smaller. */
  sendWindow: number;
  /** Bytes that were received since the other side was last given credit. */
  uncredited = 0;
  /** Those among them that wait to be read, as the user of the stream says: no credit is given for them. */
  unread = 0;
  /** Whether the first headers of the other side have come. */
  opened = false;
  /** Whether the connection has this stream in its list of those with data to send. */
  listed = false;
  #closed = false;
  #remoteEnded = false;
  /** Whether END_STREAM is asked for, and whether it has been sent. */
  #ending = false;
  #localEnded = false;
  #queue: Waiting[] = empty;
  #queuedBytes = 0;
  #wantsDrain = false;
  /** Makes the trailers, which are sent after the last data. */
  #trailers: (() => Buffer) | undefined;
  /** Data that have yet to come according to `content-length`; `undefined` where none was given. */
  contentLeft: number | undefined;

  constructor(id: number, events: StreamEvents, carrier: StreamCarrier, sendWindow: number) {
    this.id = id;
    this.events = events;
    this.#carrier = carrier;
    this.sendWindow = sendWindow;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  /** True when nothing can be sent any more. */
  get ending(): boolean {
    return this.#ending || this.#closed;
  }

  /** How many pieces wait to be sent. */
  get waiting(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True when there is something that the windows alone hold back. */
  get hasWaiting(): boolean {
    return !this.#closed && (this.#queue.length > 0 || (this.#ending && !this.#localEnded));
  }

  // --- for the user of the stream

  sendHeaders(block: Buffer, end = false): void {
    if (this.ending) return;
    if (end) this.#ending = this.#localEnded = true;
    this.#carrier.headers(this, block, end);
    if (end) this.#maybeRelease();
  }

  /**
   * Sends data. @returns false when they wait for the other side: `drained` follows
   *
   * @param bytes must not change afterwards
   */
  send(bytes: Uint8Array, end = false): boolean {
    return this.#send(bytes, end, false);
  }

  /** As `send`, for bytes that are valid only during the call. */
  sendCopied(bytes: Uint8Array, end = false): boolean {
    if (this.#carrier.copiesData) return this.#send(bytes, end, true);
    return this.#send(Buffer.from(bytes), end, false);
  }

  #send(bytes: Uint8Array, end: boolean, copied: boolean): boolean {
    if (this.ending) return true;
    const gone = this.#queue.length === 0 ? this.#carrier.sendNow(this, bytes, end) : 0;
    if (gone === bytes.length && gone > 0) {
      if (!end) return true;
      this.#ending = this.#localEnded = true;
      this.#maybeRelease();
      return true;
    }
    if (bytes.length > 0) {
      if (this.#queue === empty) this.#queue = [];
      if (copied) this.#queue.push(...waitingCopies(bytes.subarray(gone)));
      else this.#queue.push({ bytes, at: gone });
      this.#queuedBytes += bytes.length - gone;
    }
    this.#ending = end;
    if (bytes.length > 0 || end) this.#carrier.pump(this);
    this.#wantsDrain = this.#queue.length > 0;
    return !this.#wantsDrain;
  }

  /**
   * Ends the sending with trailers, once what waits has been sent. `drained` follows if something waits.
   *
   * @param make called when they are sent, because blocks have to be encoded in the order in which they are sent
   */
  sendTrailers(make: () => Buffer): void {
    if (this.ending) return;
    this.#trailers = make;
    this.#ending = this.#wantsDrain = true;
    this.#carrier.pump(this);
  }

  /** Ends the sending, once what waits has been sent. */
  end(): void {
    if (this.ending) return;
    this.#ending = true;
    this.#carrier.pump(this);
  }

  /** Ends both directions at once. Idempotent. */
  reset(code: number): void {
    if (!this.#closed) this.#carrier.reset(this, code);
  }

  /** Lets the other side send as much as has been received and read. */
  credit(): void {
    if (!this.#closed) this.#carrier.credit(this);
  }

  // --- for the connection

  /** Returns the next bytes to send, at most so many, and whether they are the last. They are valid until the next call. */
  take(most: number): { bytes: Uint8Array; from: number; to: number; end: boolean } | undefined {
    const [first] = this.#queue;
    if (first === undefined) {
      if (!this.#ending || this.#localEnded || this.#trailers) return undefined;
      this.#localEnded = true;
      return { bytes: nothing, from: 0, to: 0, end: true };
    }
    const { bytes, at } = first;
    const to = Math.min(bytes.length, at + most);
    if (to === at) return undefined;
    this.#queuedBytes -= to - at;
    first.at = to;
    if (to === bytes.length) this.#taken();
    const end = this.#ending && this.#queue.length === 0 && this.#trailers === undefined;
    if (end) this.#localEnded = true;
    return { bytes, from: at, to, end };
  }

  /** The first piece that waits is about to be sent, at once. */
  #taken(): void {
    const taken = this.#queue.shift();
    if (taken) sent(taken);
  }

  /** True when the trailers are all that waits. */
  get onlyTrailersWait(): boolean {
    return this.#trailers !== undefined && this.#queue.length === 0 && !this.#closed;
  }

  /** Returns the trailers, which are sent now. */
  takeTrailers(): Buffer {
    const make = this.#trailers;
    this.#trailers = undefined;
    this.#localEnded = true;
    return make?.() ?? Buffer.alloc(0);
  }

  /** Called when something has been sent. */
  sent(): void {
    this.#maybeRelease();
    if (this.#trailers) return;
    if (this.#queue.length > 0 || !this.#wantsDrain || this.#closed) return;
    this.#wantsDrain = false;
    this.events.drained();
  }

  /** Called when the other side has sent everything. */
  endRemote(): void {
    this.#remoteEnded = true;
  }

  /** Called after the user has been told of the end. */
  settle(): void {
    this.#maybeRelease();
  }

  /** Drops everything. */
  close(): void {
    this.#closed = true;
    for (const each of this.#queue) sent(each);
    this.#queue = empty;
    this.#queuedBytes = 0;
  }

  #maybeRelease(): void {
    if (this.#remoteEnded && this.#localEnded && !this.#closed) this.#carrier.release(this);
  }
}

const nothing = new Uint8Array(0);
