/**
 * A yamux connection: many streams in one (hashicorp/yamux: session.go).
 *
 * Memory is bounded whatever the other side sends: streams by `mostStreams`, held bytes by each stream's window,
 * answers that it does not read by `mostAnswers`.
 */
import type { Duplex } from 'node:stream';
import { receiveFrom } from '../http2/shared-reads.ts';
import { limits } from '../limits.ts';
import { YamuxError } from './errors.ts';
import {
  encodeHeader,
  flag,
  FrameReader,
  frameType,
  goAwayCode,
  headerLength,
  type FrameHeader,
} from './frame.ts';
import { YamuxStream } from './stream.ts';

export interface SessionOptions {
  /** The side that connected opens streams with odd ids, the other one with even ids. */
  readonly role: 'client' | 'server';
  /** Called with a stream that the other side opened. To refuse the stream, destroy it. */
  readonly onStream: (stream: YamuxStream) => void;
}

/** Most streams of a connection. yamux's AcceptBacklog is 256, for streams not yet accepted. */
const mostStreams = limits.streamsOfConnection.value;
const mostLingering = limits.lingeringStreams.value;
/**
 * Most answers that wait to be sent: to pings, credit, beginnings and ends of streams, which are frames without data.
 */
const mostAnswers = limits.multiplexedAnswers.value;
/** Payloads up to this length are sent in one piece with their header. */
const copiedLength = 2 * 1024;

export class YamuxSession {
  /** Resolves, never rejects, when the connection has ended: with the reason, if there is one. */
  readonly closed: Promise<Error | undefined>;
  readonly #connection: Duplex;
  readonly #options: SessionOptions;
  readonly #streams = new Map<number, YamuxStream>();
  /** Ids of streams that were ended here and wait for the end from the other side. */
  readonly #lingering = new Set<number>();
  readonly #waiting: (() => void)[] = [];
  readonly #readsAreShared: boolean;
  #nextId: number;
  #corked = false;
  #answers = 0;
  #leaving = false;
  #failure: Error | undefined;

  constructor(connection: Duplex, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#nextId = options.role === 'client' ? 1 : 2;
    const reader = new FrameReader({
      header: (header) => {
        this.#onHeader(header);
      },
      payload: (header, piece, last) => {
        this.#onPayload(header, piece, last);
      },
    });
    this.#readsAreShared = receiveFrom(connection, (chunk) => {
      if (this.#failure) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(error as Error);
      }
    });
    connection.on('drain', () => {
      for (const resume of this.#waiting.splice(0)) resume();
    });
    connection.on('end', () => connection.destroy()); // a connection that is open in one direction only is of no use
    connection.on('error', (error) => {
      this.#failure ??= error;
    });
    this.closed = new Promise((resolve) => {
      connection.once('close', () => {
        const why = this.#failure ? `: ${this.#failure.message}` : '';
        for (const stream of this.#streams.values()) {
          stream.lost(`the connection that carried the stream has ended${why}`, this.#failure);
        }
        for (const resume of this.#waiting.splice(0)) resume();
        resolve(this.#failure);
      });
    });
  }

  /**
   * Opens a stream, which can be written to at once. When the session has ended, returns a stream that is already
   * destroyed.
   */
  open(): YamuxStream {
    const id = this.#nextId;
    const stream = new YamuxStream(id, this.#carrier);
    if (this.#connection.destroyed || this.#leaving || id > 0xffff_ffff) {
      stream.lost('the connection accepts no further streams', this.#failure);
      return stream;
    }
    this.#nextId += 2;
    this.#streams.set(id, stream);
    this.#send({ type: frameType.windowUpdate, flags: flag.syn, streamId: id, length: 0 });
    return stream;
  }

  /** Ends every stream and the connection. Idempotent. */
  close(): void {
    this.#connection.destroy();
  }

  readonly #carrier = {
    data: (streamId: number, parts: readonly Buffer[], length: number): void => {
      this.#sendData({ type: frameType.data, flags: 0, streamId, length }, parts);
    },
    windowUpdate: (streamId: number, flags: number, length: number): void => {
      this.#send({ type: frameType.windowUpdate, flags, streamId, length });
    },
    whenWritable: (resume: () => void): void => {
      if (this.#connection.writableNeedDrain && !this.#connection.destroyed) this.#waiting.push(resume);
      else resume();
    },
    left: (id: number, settled: boolean): void => {
      this.#streams.delete(id);
      if (settled) return;
      this.#lingering.add(id);
      const [oldest] = this.#lingering;
      if (this.#lingering.size > mostLingering && oldest !== undefined) this.#reset(oldest);
    },
  };

  #onHeader(header: FrameHeader): void {
    switch (header.type) {
      case frameType.ping:
        if (header.flags & flag.syn) this.#send({ ...header, flags: flag.ack, streamId: 0 });
        return;
      case frameType.goAway:
        this.#onGoAway(header.length);
        return;
      default:
        this.#onStreamHeader(header);
    }
  }

  #onStreamHeader(header: FrameHeader): void {
    const { type, flags, streamId, length } = header;
    const stream = flags & flag.syn ? this.#accept(streamId) : this.#streams.get(streamId);
    if (flags & flag.ack) stream?.acknowledged();
    if (flags & flag.rst) {
      this.#lingering.delete(streamId);
      stream?.lost('the other side reset the stream');
      return;
    }
    if (type === frameType.data) {
      if (stream) stream.expect(length);
      else if (length > 0 && this.#lingering.has(streamId)) this.#reset(streamId);
      return;
    }
    stream?.addCredit(length);
    if (flags & flag.fin) this.#onEnd(streamId);
  }

  #onPayload({ flags, streamId }: FrameHeader, piece: Buffer, last: boolean): void {
    this.#streams.get(streamId)?.receive(piece, this.#readsAreShared);
    if (last && flags & flag.fin && !(flags & flag.rst)) this.#onEnd(streamId);
  }

  #onEnd(streamId: number): void {
    this.#lingering.delete(streamId);
    this.#streams.get(streamId)?.endReceived();
  }

  #accept(id: number): YamuxStream | undefined {
    const ours = id % 2 === this.#nextId % 2;
    if (id === 0 || ours) throw new YamuxError(`a new stream with the id ${id}, which is not its to give`);
    if (this.#streams.has(id)) throw new YamuxError(`a second stream with the id ${id}`);
    this.#lingering.delete(id);
    if (this.#streams.size >= mostStreams) {
      this.#send({ type: frameType.windowUpdate, flags: flag.rst, streamId: id, length: 0 });
      return undefined;
    }
    const stream = new YamuxStream(id, this.#carrier);
    this.#streams.set(id, stream);
    this.#send({ type: frameType.windowUpdate, flags: flag.ack, streamId: id, length: 0 });
    this.#options.onStream(stream);
    return stream;
  }

  #onGoAway(code: number): void {
    if (code !== goAwayCode.normal) throw new YamuxError(`it went away with code ${code}`);
    this.#leaving = true; // open streams may go on
  }

  #reset(id: number): void {
    this.#lingering.delete(id);
    this.#send({ type: frameType.windowUpdate, flags: flag.rst, streamId: id, length: 0 });
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#write({ type: frameType.goAway, flags: 0, streamId: 0, length: goAwayCode.protocolError });
    this.#uncork();
    this.#connection.destroy(error);
  }

  /** Sends a frame without data. The other side can cause such frames in one way or another without reading them. */
  #send(header: FrameHeader): void {
    if (this.#failure) return;
    if (this.#answers >= mostAnswers) {
      this.#fail(new YamuxError(`${mostAnswers} answers that it does not read`));
      return;
    }
    this.#write(header);
  }

  #write(header: FrameHeader): void {
    if (!this.#connection.writable) return;
    this.#answers += 1;
    this.#cork();
    this.#connection.write(encodeHeader(header), () => {
      this.#answers -= 1;
    });
  }

  #sendData(header: FrameHeader, parts: readonly Buffer[]): void {
    if (!this.#connection.writable) return;
    this.#cork();
    if (header.length <= copiedLength) {
      const frame = Buffer.allocUnsafe(headerLength + header.length);
      encodeHeader(header, frame);
      let at = headerLength;
      for (const part of parts) at += part.copy(frame, at);
      this.#connection.write(frame);
      return;
    }
    this.#connection.write(encodeHeader(header));
    for (const part of parts) this.#connection.write(part);
  }

  /** What is sent in a turn goes out in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#connection.cork();
    process.nextTick(this.#uncork);
  }

  readonly #uncork = (): void => {
    if (!this.#corked) return;
    this.#corked = false;
    this.#connection.uncork();
  };
}
