/** Sends the data of streams as far as the windows of the other side allow (RFC 9113, section 5.2). */
import { ConnectionFault, StreamFault } from './errors.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { Outbox } from './outbox.ts';
import { defaultWindow, errorCode, largestWindow } from './protocol.ts';
import type { PeerSettings } from './settings.ts';
import type { Http2Stream } from './stream.ts';

/** Longer frames are not sent, even if the other side takes them: streams take turns by frames. */
const longestFrame = 32 * 1024;

export class Sending {
  readonly #outbox: Outbox;
  readonly #settings: PeerSettings;
  readonly #guard: FloodGuard;
  #window = defaultWindow;
  /** Streams that have data which only the connection holds back. They take turns. */
  #waiting: Http2Stream[] = [];

  constructor(outbox: Outbox, settings: PeerSettings, guard: FloodGuard) {
    this.#outbox = outbox;
    this.#settings = settings;
    this.#guard = guard;
  }

  get frameSize(): number {
    return Math.min(longestFrame, this.#settings.maxFrameSize);
  }

  /** Sends what can be sent of a stream now. */
  pump(stream: Http2Stream): void {
    if (stream.listed) return; // it is its turn later
    while (this.#sendFrame(stream));
    this.#list(stream);
  }

  /**
   * Sends bytes of a stream that has nothing else to send, as far as that is possible at once.
   *
   * @param end true when they are the last ones
   * @returns how many were sent
   */
  sendNow(stream: Http2Stream, bytes: Uint8Array, end: boolean): number {
    const { length } = bytes;
    let at = 0;
    while (at < length && !stream.listed && !this.#outbox.full) {
      const to = at + Math.min(length - at, this.#window, stream.sendWindow, this.frameSize);
      if (to <= at) break;
      this.#outbox.data(stream.id, bytes, at, to, end && to === length);
      this.#window -= to - at;
      stream.sendWindow -= to - at;
      this.#guard.useful();
      at = to;
    }
    return at;
  }

  /** Sends of all streams that wait, in turns, as much as there is room for. */
  fill(): void {
    // Trailers can be sent without a window, so the first turn is always taken.
    for (let goesOn = this.#waiting.length > 0 && !this.#outbox.full; goesOn; goesOn = this.#canSend) {
      if (this.#waiting.length === 0) return;
      const turn = this.#waiting;
      this.#waiting = [];
      for (const stream of turn) {
        stream.listed = false;
        this.#sendFrame(stream);
        this.#list(stream);
      }
    }
  }

  /** The other side takes more, on all streams together. @throws ConnectionFault */
  widen(increment: number): void {
    if (increment === 0) throw new ConnectionFault(errorCode.protocolError, 'a window grows by nothing');
    this.#window += increment;
    if (this.#window > largestWindow) throw tooWide();
    this.fill();
  }

  /** The other side takes more on one stream. @throws StreamFault */
  widenStream(stream: Http2Stream, increment: number): void {
    if (increment === 0) {
      throw new StreamFault(stream.id, errorCode.protocolError, 'the window of a stream grows by nothing');
    }
    stream.sendWindow += increment;
    if (stream.sendWindow > largestWindow) {
      throw new StreamFault(
        stream.id,
        errorCode.flowControlError,
        'the window of a stream becomes too large',
      );
    }
    this.pump(stream);
  }

  /** The other side has changed the windows of all streams. @throws ConnectionFault */
  shift(streams: readonly Http2Stream[], difference: number): void {
    if (difference === 0) return;
    for (const stream of streams) {
      stream.sendWindow += difference;
      if (stream.sendWindow > largestWindow) throw tooWide();
      this.pump(stream);
    }
  }

  /** Remembers a stream that waits for the connection, once. */
  #list(stream: Http2Stream): void {
    if (stream.listed || !this.#isHeldBack(stream)) return;
    stream.listed = true;
    this.#waiting.push(stream);
  }

  get #canSend(): boolean {
    return this.#window > 0 && !this.#outbox.full;
  }

  /** Whether the stream's own window would let something through. An END_STREAM alone needs no window. */
  #isHeldBack(stream: Http2Stream): boolean {
    return stream.hasWaiting && (stream.sendWindow > 0 || stream.onlyTrailersWait);
  }

  /** @returns whether something was sent */
  #sendFrame(stream: Http2Stream): boolean {
    if (!stream.hasWaiting) return false;
    if (stream.onlyTrailersWait) return this.#sendTrailers(stream);
    const left = stream.queuedBytes;
    const most = Math.min(left, this.#window, stream.sendWindow, this.frameSize);
    if (left > 0 && (most <= 0 || this.#outbox.full)) return false;
    const taken = stream.take(most);
    if (taken === undefined) return false;
    const { bytes, from, to, end } = taken;
    this.#outbox.data(stream.id, bytes, from, to, end);
    this.#window -= to - from;
    stream.sendWindow -= to - from;
    this.#guard.useful();
    stream.sent();
    return true;
  }

  /** Trailers need no window. They wait nevertheless: a call that is over is not counted any more. */
  #sendTrailers(stream: Http2Stream): boolean {
    if (this.#outbox.full) return false;
    this.#outbox.writer.headers(stream.id, stream.takeTrailers(), true, this.frameSize);
    this.#outbox.soon();
    this.#guard.useful();
    stream.sent();
    return true;
  }
}

function tooWide(): ConnectionFault {
  return new ConnectionFault(errorCode.flowControlError, 'a window becomes too large');
}
