/** An HTTP/2 connection over any stream of bytes, in either role (RFC 9113). Pushes and priorities are not supported. */
import type { Duplex } from 'node:stream';
import { messageOf } from '../../thrown-value.ts';
import type { ConnectionEvents, ConnectionLimits, Role } from './connection-options.ts';
import { ConnectionFault } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import { FrameReader } from './frame-reader.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { Incoming, tableOfServers, type Inside } from './incoming.ts';
import { Outbox } from './outbox.ts';
import { notHttp2, PrefaceReader } from './preface-reader.ts';
import { clientPreface, defaultWindow, errorCode, settingId } from './protocol.ts';
import { Replies } from './replies.ts';
import { Sending } from './sending.ts';
import { receiveFrom } from './shared-reads.ts';
import { initialSettings } from './settings.ts';
import { StreamTable } from './stream-table.ts';
import { Http2Stream, type StreamCarrier, type StreamEvents } from './stream.ts';

/** Streams that this side opens before the other side has said how many it takes. */
const streamsBeforeSettings = 100;
/** How long the last frames may take to be read. */
const lastFramesMs = 1_000;

export class Http2Connection implements StreamCarrier {
  readonly encoder = new HpackEncoder();
  readonly #socket: Duplex;
  readonly #role: Role;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #preface: PrefaceReader | undefined;
  readonly #settings = initialSettings();
  readonly #outbox: Outbox;
  readonly #sending: Sending;
  readonly #incoming: Incoming;
  readonly #reader: FrameReader;
  readonly #streams: StreamTable;
  #goingAway = false;
  #closing = false;
  #closed = false;

  constructor(socket: Duplex, role: Role, limits: ConnectionLimits, events: ConnectionEvents) {
    this.#socket = socket;
    this.#role = role;
    this.#limits = limits;
    this.#events = events;
    this.#streams = new StreamTable(role);
    this.#preface = role === 'server' ? new PrefaceReader() : undefined;
    this.#settings.maxConcurrentStreams = streamsBeforeSettings;
    this.#outbox = new Outbox(socket, () => {
      this.#sending.fill();
    });
    const guard = new FloodGuard(limits.idleFrames);
    this.#sending = new Sending(this.#outbox, this.#settings, guard);
    this.#incoming = new Incoming(this.#inside(guard));
    this.#reader = new FrameReader(this.#incoming);
    this.#introduce();
    this.#listen();
  }

  /** True when a stream can be opened now. */
  get hasRoom(): boolean {
    return !this.#goingAway && !this.#closed && this.#streams.size < this.#settings.maxConcurrentStreams;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Opens a stream, without headers yet. Call it only when there is room. */
  open(events: StreamEvents): Http2Stream {
    const stream = new Http2Stream(this.#streams.takeId(), events, this, this.#settings.initialWindowSize);
    this.#streams.add(stream);
    if (this.#streams.exhausted) this.#goAway();
    return stream;
  }

  /** Ends the connection once its streams have ended. Idempotent. */
  close(): void {
    if (this.#closing || this.#closed) return;
    this.#closing = true;
    this.#outbox.writer.goAway(this.#streams.lastPeerId, errorCode.noError, '');
    this.#outbox.flush();
    this.#hangUpWhenIdle();
  }

  /** Ends the connection and its streams at once. Idempotent. */
  destroy(why: string): void {
    if (this.#closed) return;
    this.#end(why);
    this.#socket.destroy();
  }

  // --- StreamCarrier

  pump(stream: Http2Stream): void {
    if (!this.#closed) this.#sending.pump(stream);
  }

  get copiesData(): boolean {
    return this.#outbox.reusesMemory;
  }

  sendNow(stream: Http2Stream, bytes: Uint8Array, end: boolean): number {
    return this.#closed ? 0 : this.#sending.sendNow(stream, bytes, end);
  }

  headers(stream: Http2Stream, block: Buffer, end: boolean): void {
    if (this.#closed) return;
    this.#outbox.writer.headers(stream.id, block, end, this.#sending.frameSize);
    this.#outbox.soon();
  }

  reset(stream: Http2Stream, code: number): void {
    this.#remove(stream);
    this.#streams.noteReset(stream.id);
    this.#outbox.writer.rstStream(stream.id, code);
    this.#outbox.soon();
  }

  credit(stream: Http2Stream): void {
    const credit = stream.uncredited - stream.unread;
    if (2 * credit < this.#limits.streamWindowBytes || stream.remoteEnded) return;
    this.#outbox.writer.windowUpdate(stream.id, credit);
    this.#outbox.later();
    stream.uncredited = stream.unread;
  }

  release(stream: Http2Stream): void {
    this.#remove(stream);
    stream.events.closed(undefined);
  }

  #remove(stream: Http2Stream): void {
    const before = this.#streams.size;
    this.#streams.delete(stream);
    stream.close();
    if (before >= this.#settings.maxConcurrentStreams && this.hasRoom) this.#events.roomForStreams();
    if (this.#closing) this.#hangUpWhenIdle();
  }

  // --- the connection as a whole

  #inside(guard: FloodGuard): Inside {
    const remove = (stream: Http2Stream): void => {
      this.#remove(stream);
    };
    const hasRoom = (): boolean => this.hasRoom;
    const closing = (): boolean => this.#closing;
    return {
      role: this.#role,
      limits: this.#limits,
      events: this.#events,
      streams: this.#streams,
      settings: this.#settings,
      guard,
      outbox: this.#outbox,
      sending: this.#sending,
      replies: new Replies(this.#limits, this.#streams, this.#outbox, remove),
      encoder: this.encoder,
      carrier: this,
      get hasRoom() {
        return hasRoom();
      },
      get closing() {
        return closing();
      },
      remove,
      goAway: () => {
        this.#goAway();
      },
      destroy: (why) => {
        this.destroy(why);
      },
    };
  }

  #introduce(): void {
    const { writer } = this.#outbox;
    const { streamWindowBytes, connectionWindowBytes, headerBytes, peerStreams } = this.#limits;
    const isClient = this.#role === 'client';
    if (isClient) writer.raw(clientPreface);
    writer.settings([
      isClient ? [settingId.headerTableSize, tableOfServers] : [settingId.maxConcurrentStreams, peerStreams],
      ...(isClient ? [[settingId.enablePush, 0] as const] : []),
      [settingId.initialWindowSize, streamWindowBytes],
      [settingId.maxHeaderListSize, headerBytes],
    ]);
    writer.windowUpdate(0, connectionWindowBytes - defaultWindow);
    this.#outbox.soon();
  }

  #listen(): void {
    const socket = this.#socket;
    receiveFrom(socket, (chunk) => {
      this.#received(chunk);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.destroy(error.code === 'EPIPE' ? lost : error.message);
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.destroy(lost);
      });
    }
  }

  #received(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      const rest = this.#preface?.done === false ? this.#preface.push(chunk) : chunk;
      this.#reader.push(rest);
    } catch (error) {
      this.#break(error instanceof ConnectionFault ? error : ofOwn(error));
    }
  }

  /** Ends the connection because of what the other side did, and tells it so. */
  #break(fault: ConnectionFault): void {
    if (this.#closed) return;
    const shown = this.#incoming.introduced ? fault : notHttp2();
    this.#outbox.writer.goAway(this.#streams.lastPeerId, fault.code, fault.message);
    this.#outbox.flush();
    this.#end(shown.message);
    this.#hangUp();
  }

  #goAway(): void {
    if (this.#goingAway) return;
    this.#goingAway = true;
    this.#events.goingAway();
  }

  #hangUpWhenIdle(): void {
    if (this.#streams.size > 0 || this.#closed) return;
    this.#outbox.flush();
    this.#hangUp();
  }

  /** Ends this side; the other side has a moment to end its own. */
  #hangUp(): void {
    const socket = this.#socket;
    if (socket.writableEnded) return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lastFramesMs).unref();
    socket.once('close', () => {
      clearTimeout(timer);
    });
  }

  #end(why: string): void {
    this.#closed = true;
    this.#reader.stop();
    const streams = this.#streams.all();
    this.#streams.clear();
    this.#outbox.close();
    for (const stream of streams) {
      stream.close();
      stream.events.closed({ kind: 'lost', why });
    }
    this.#events.closed(why);
  }
}

const lost = 'the connection was lost';

function ofOwn(error: unknown): ConnectionFault {
  return new ConnectionFault(errorCode.internalError, messageOf(error));
}
