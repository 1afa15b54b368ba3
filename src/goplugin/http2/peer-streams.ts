/** Streams that the other side opens or speaks of: whether there is room, who is told, and whether they are over. */
import { ConnectionFault, StreamFault } from './errors.ts';
import type { HeaderBlock } from './hpack-decoder.ts';
import type { Inside } from './incoming.ts';
import { errorCode } from './protocol.ts';
import { Http2Stream, unheard } from './stream.ts';

export class PeerStreams {
  readonly #inside: Inside;

  constructor(inside: Inside) {
    this.#inside = inside;
  }

  /** Passes a new stream to its user. */
  accept(stream: Http2Stream, block: HeaderBlock, ended: boolean): void {
    const accepted = this.#inside.events.accept(stream, block, ended);
    if (typeof accepted === 'number') {
      this.#turnAway(stream, accepted);
      return;
    }
    const missed =
      stream.events === unheard && stream.closed && !this.#inside.streams.wasResetHere(stream.id);
    stream.events = accepted;
    if (missed) accepted.closed(undefined); // it was answered at once
  }

  #turnAway(stream: Http2Stream, code: number): void {
    if (stream.closed) return;
    this.#inside.remove(stream);
    this.#inside.guard.idle('of streams that are refused');
    this.#inside.replies.reset(stream.id, code);
  }

  /** Returns the stream that the other side opens, unless it is refused. */
  admit(streamId: number): Http2Stream | undefined {
    if (this.#inside.closing || this.#inside.streams.size >= this.#inside.limits.peerStreams) {
      this.#inside.guard.idle('of streams beyond the limit');
      this.#inside.replies.reset(streamId, errorCode.refusedStream);
      return undefined;
    }
    const stream = new Http2Stream(
      streamId,
      unheard,
      this.#inside.carrier,
      this.#inside.settings.initialWindowSize,
    );
    this.#inside.streams.add(stream);
    return stream;
  }

  /** Returns the stream; `undefined` when it is over. @throws ConnectionFault when it never was there */
  known(streamId: number, what: string): Http2Stream | undefined {
    const stream = this.#inside.streams.get(streamId);
    if (stream) return stream;
    this.#inside.streams.refuseIdle(streamId, what);
    if (this.#inside.streams.wasResetHere(streamId)) return undefined; // it was on its way
    if (this.#inside.role === 'server' && what === 'headers') {
      throw new ConnectionFault(errorCode.streamClosed, 'headers after the end of a stream');
    }
    this.#inside.replies.fault(
      new StreamFault(streamId, errorCode.streamClosed, `${what} after the end of a stream`),
    );
    return undefined;
  }
}
