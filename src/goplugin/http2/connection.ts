/** An HTTP/2 connection over any stream of bytes, in either role (RFC 9113). Pushes and priorities are not supported. */
import type { Duplex } from 'node:stream';
import { ConnectionFault, StreamFault } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { HeaderAssembly, type WholeBlock } from './header-assembly.ts';
import { frameSize, headerProblem, numberIn } from './frame-checks.ts';
import { HpackDecoder, type HeaderBlock } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import type { ConnectionEvents, ConnectionLimits, Role } from './connection-options.ts';
import { Outbox } from './outbox.ts';
import { notHttp2, PrefaceReader } from './preface-reader.ts';
import {
  clientPreface,
  defaultWindow,
  errorCode,
  flag,
  frameType,
  settingId,
} from './protocol.ts';
import { Receiving } from './receiving.ts';
import { Sending } from './sending.ts';
import { applySettings, initialSettings } from './settings.ts';
import { Http2Stream, unheard, type StreamCarrier, type StreamEvents } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import { messageOf } from '../../thrown-value.ts';

/** Streams that this side opens before the other side has said how many it takes. */
const streamsBeforeSettings = 100;
/** A block on the wire is shorter than its fields, unless somebody wants to cause work. */
const blockPerFields = 2;
/** The table of fields that the other side may use: without one, equal blocks have equal bytes, and are remembered. */
const tableSize = 0;
/** How long the last frames may take to be read. */
const lastFramesMs = 1_000;

export class Http2Connection implements FrameSink, StreamCarrier {
  readonly encoder = new HpackEncoder();
  readonly #socket: Duplex;
  readonly #role: Role;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #reader = new FrameReader(this);
  readonly #preface: PrefaceReader | undefined;
  readonly #assembly: HeaderAssembly;
  readonly #decoder: HpackDecoder;
  readonly #settings = initialSettings();
  readonly #guard: FloodGuard;
  readonly #resets: FloodGuard;
  readonly #outbox: Outbox;
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  readonly #streams: StreamTable;
  #introduced = false;
  #invalidFrames = 0;
  /** The stream whose DATA frame is being received. */
  #receivingStream: Http2Stream | undefined;
  #dataCame = false;
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
    this.#assembly = new HeaderAssembly(blockPerFields * limits.headerBytes);
    this.#decoder = new HpackDecoder({ bytes: limits.headerBytes, fields: limits.headerFields });
    this.#guard = new FloodGuard(limits.idleFrames);
    this.#resets = new FloodGuard(limits.idleFrames);
    this.#outbox = new Outbox(socket, () => {
      this.#sending.fill();
    });
    this.#sending = new Sending(this.#outbox, this.#settings, this.#guard);
    this.#receiving = new Receiving(limits.connectionWindowBytes);
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
    if (2 * stream.uncredited < this.#limits.streamWindowBytes || stream.remoteEnded) return;
    this.#outbox.writer.windowUpdate(stream.id, stream.uncredited);
    this.#outbox.later();
    stream.uncredited = 0;
  }

  release(stream: Http2Stream): void {
    this.#remove(stream);
    stream.events.closed(undefined);
  }

  // --- FrameSink

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    try {
      if (!this.#introduced && type !== frameType.settings) throw notHttp2();
      if (this.#assembly.incomplete) this.#headers(this.#assembly.next(type, flags, streamId, payload));
      else this.#frame(type, flags, streamId, payload);
    } catch (error) {
      if (!(error instanceof StreamFault)) throw error;
      this.#faultOf(error);
    }
  }

  dataBegins(streamId: number, length: number): void {
    if (!this.#introduced) throw notHttp2();
    if (this.#assembly.incomplete) {
      throw new ConnectionFault(errorCode.protocolError, 'a header block is interrupted');
    }
    const credit = this.#receiving.received(length);
    if (credit > 0) {
      this.#outbox.writer.windowUpdate(0, credit);
      this.#answered();
    }
    this.#receivingStream = undefined;
    const stream = this.#known(streamId, 'data');
    if (stream === undefined) return;
    if (stream.remoteEnded || !stream.opened) {
      const code = stream.opened ? errorCode.streamClosed : errorCode.protocolError;
      this.#faultOf(new StreamFault(streamId, code, 'data before the headers, or after the end'));
      return;
    }
    stream.uncredited += length;
    if (stream.uncredited > this.#limits.streamWindowBytes) {
      this.#faultOf(new StreamFault(streamId, errorCode.flowControlError, 'more data arrive than the stream takes'));
      return;
    }
    this.#receivingStream = stream;
  }

  dataPiece(piece: Buffer): void {
    const stream = this.#receivingStream;
    if (stream === undefined || stream.closed) return;
    if (stream.contentLeft !== undefined) stream.contentLeft -= piece.length;
    this.#dataCame = true;
    stream.events.data(piece);
  }

  dataEnds(flags: number, length: number): void {
    const ended = (flags & flag.endStream) !== 0;
    const stream = this.#receivingStream;
    this.#receivingStream = undefined;
    if (this.#dataCame || ended) this.#guard.useful();
    else if (length === 0) this.#guard.idle('empty data');
    else if (stream) {
      this.#guard.idle('padding');
      stream.credit(); // nobody else hears of it
    }
    this.#dataCame = false;
    if (stream === undefined || stream.closed || !ended) return;
    stream.endRemote();
    if (stream.contentLeft === undefined || stream.contentLeft === 0) stream.events.ended();
    else this.#faultOf(wrongLength(stream.id));
    stream.settle();
  }

  // --- what each frame means

  #frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    switch (type) {
      case frameType.headers:
        this.#headers(this.#assembly.begin(flags, streamId, payload));
        return;
      case frameType.rstStream:
        this.#rstStream(streamId, numberIn(payload, 'a RST_STREAM frame'));
        return;
      case frameType.settings:
        this.#peerSettings(flags, streamId, payload);
        return;
      case frameType.ping:
        this.#ping(flags, streamId, payload);
        return;
      case frameType.goAway:
        this.#peerGoesAway(streamId, payload);
        return;
      case frameType.windowUpdate:
        this.#windowUpdate(streamId, numberIn(payload, 'a WINDOW_UPDATE frame') & 0x7fff_ffff);
        return;
      case frameType.pushPromise:
      case frameType.continuation:
        throw new ConnectionFault(errorCode.protocolError, `a frame of type ${type} is not allowed here`);
      case frameType.priority:
        this.#priority(streamId, payload);
        return;
      default:
        this.#guard.idle('of unknown type');
    }
  }

  #headers(whole: WholeBlock | undefined): void {
    if (whole === undefined) return;
    const { streamId, ended } = whole;
    const block = this.#decoder.decode(whole.block);
    const isNew = this.#streams.opensByPeer(streamId);
    const stream = isNew ? this.#admit(streamId) : this.#known(streamId, 'headers');
    if (stream === undefined) return;
    this.#guard.useful();
    const problem = headerProblem(stream, block, this.#role, ended);
    if (problem !== undefined) this.#faultOf(problem);
    else if (block !== undefined) this.#take(stream, block, ended, isNew);
  }

  #take(stream: Http2Stream, block: HeaderBlock, ended: boolean, isNew: boolean): void {
    if (block.status !== undefined && block.status < 200) {
      this.#guard.idle('informational');
      return;
    }
    if (!stream.opened) stream.contentLeft = block.contentLength;
    stream.opened = true;
    if (ended) {
      stream.endRemote();
      if ((stream.contentLeft ?? 0) !== 0) {
        this.#faultOf(wrongLength(stream.id));
        return;
      }
    }
    if (isNew) {
      const accepted = this.#events.accept(stream, block, ended);
      if (typeof accepted === 'number') stream.reset(accepted);
      else stream.events = accepted;
    } else stream.events.headers(block, ended);
    stream.settle();
  }

  /** Returns the stream that the other side opens, unless it is refused. */
  #admit(streamId: number): Http2Stream | undefined {
    if (this.#closing || this.#streams.size >= this.#limits.peerStreams) {
      this.#guard.idle('of streams beyond the limit');
      this.#tellReset(streamId, errorCode.refusedStream);
      return undefined;
    }
    const stream = new Http2Stream(streamId, unheard, this, this.#settings.initialWindowSize);
    this.#streams.add(stream);
    return stream;
  }

  #rstStream(streamId: number, code: number): void {
    this.#streams.refuseIdle(streamId, 'a reset');
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#guard.idle('of streams that are over');
      return;
    }
    if (this.#role === 'server') this.#resets.idle('resets');
    this.#remove(stream);
    stream.events.closed({ kind: 'reset', code });
  }

  #peerSettings(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'settings of a stream');
    if (flags & flag.ack) {
      if (!this.#introduced) throw notHttp2();
      if (payload.length > 0) throw frameSize('an acknowledgement of settings', payload.length);
      this.#guard.idle('acknowledgements');
      this.#decoder.allowTable(tableSize);
      return;
    }
    this.#guard.idle('settings');
    const settings = this.#settings;
    const { initialWindowSize } = settings;
    if (!this.#introduced) settings.maxConcurrentStreams = Infinity;
    applySettings(settings, payload, {
      mostEntries: this.#limits.settingsEntries,
      fromServer: this.#role === 'client',
    });
    this.encoder.allowTable(settings.headerTableSize);
    this.#outbox.writer.settingsAck();
    this.#answered();
    this.#sending.shift(this.#streams.all(), settings.initialWindowSize - initialWindowSize);
    if (!this.#introduced) {
      this.#introduced = true;
      this.#events.ready();
    }
    if (this.hasRoom) this.#events.roomForStreams();
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'a ping of a stream');
    if (payload.length !== 8) throw frameSize('a PING frame', payload.length);
    this.#guard.idle('pings');
    if (flags & flag.ack) return;
    this.#outbox.writer.pingAck(payload);
    this.#answered();
  }

  #peerGoesAway(streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'a GOAWAY of a stream');
    if (payload.length < 8) throw frameSize('a GOAWAY frame', payload.length);
    const last = payload.readUInt32BE(0) & 0x7fff_ffff;
    const code = payload.readUInt32BE(4);
    this.#guard.idle('farewells');
    this.#goAway();
    for (const stream of this.#streams.all()) {
      if (stream.id <= last || !this.#streams.isOwn(stream.id)) continue;
      this.#remove(stream);
      stream.events.closed({ kind: 'reset', code: errorCode.refusedStream });
    }
    if (code !== errorCode.noError) {
      this.destroy(`the other side ended the connection with HTTP/2 code ${code}`);
    }
  }

  #windowUpdate(streamId: number, increment: number): void {
    this.#guard.idle('window updates');
    if (streamId === 0) {
      this.#sending.widen(increment);
      return;
    }
    this.#streams.refuseIdle(streamId, 'a window update');
    const stream = this.#streams.get(streamId);
    if (stream) this.#sending.widenStream(stream, increment);
  }

  #priority(streamId: number, payload: Buffer): void {
    this.#guard.idle('priorities');
    if (streamId === 0) throw new ConnectionFault(errorCode.protocolError, 'a priority without a stream');
    if (payload.length !== 5) {
      throw new StreamFault(streamId, errorCode.frameSizeError, `a PRIORITY frame of ${payload.length} bytes`);
    }
    if ((payload.readUInt32BE(0) & 0x7fff_ffff) === streamId) {
      throw new StreamFault(streamId, errorCode.protocolError, 'a stream depends on itself');
    }
  }

  // --- streams

  /** Returns the stream; `undefined` when it is over. @throws ConnectionFault when it never was there */
  #known(streamId: number, what: string): Http2Stream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream) return stream;
    this.#streams.refuseIdle(streamId, what);
    if (this.#streams.wasResetHere(streamId)) return undefined; // it was on its way
    if (this.#role === 'server' && what === 'headers') {
      throw new ConnectionFault(errorCode.streamClosed, 'headers after the end of a stream');
    }
    this.#faultOf(new StreamFault(streamId, errorCode.streamClosed, `${what} after the end of a stream`));
    return undefined;
  }

  #remove(stream: Http2Stream): void {
    const hadRoom = this.hasRoom;
    this.#streams.delete(stream);
    stream.close();
    if (!hadRoom && this.hasRoom) this.#events.roomForStreams();
    if (this.#closing) this.#hangUpWhenIdle();
  }

  /** Ends a stream because of what the other side did. @throws ConnectionFault when it did so too often */
  #faultOf({ streamId, code, message }: StreamFault): void {
    if (code !== errorCode.enhanceYourCalm) this.#invalidFrames += 1;
    const { invalidFrames } = this.#limits;
    if (this.#invalidFrames > invalidFrames) {
      throw new ConnectionFault(
        errorCode.enhanceYourCalm,
        `${message}, and the limit invalidFrames is ${invalidFrames}`,
      );
    }
    const stream = this.#streams.get(streamId);
    if (stream) this.#remove(stream);
    this.#tellReset(streamId, code);
    stream?.events.closed({ kind: 'fault', code, why: message });
  }

  #tellReset(streamId: number, code: number): void {
    this.#streams.noteReset(streamId);
    this.#outbox.writer.rstStream(streamId, code);
    this.#answered();
  }

  /** Called when an answer to a frame has been written. @throws ConnectionFault when the other side does not read */
  #answered(): void {
    this.#outbox.later();
    const { unreadAnswers } = this.#limits;
    if (this.#outbox.unanswered > unreadAnswers) {
      throw new ConnectionFault(
        errorCode.enhanceYourCalm,
        `the other side does not read its answers, and the limit unreadAnswers is ${unreadAnswers}`,
      );
    }
  }

  // --- the connection as a whole

  #introduce(): void {
    const { writer } = this.#outbox;
    const { streamWindowBytes, connectionWindowBytes, headerBytes, peerStreams } = this.#limits;
    if (this.#role === 'client') writer.raw(clientPreface);
    writer.settings([
      [settingId.headerTableSize, tableSize],
      this.#role === 'client' ? [settingId.enablePush, 0] : [settingId.maxConcurrentStreams, peerStreams],
      [settingId.initialWindowSize, streamWindowBytes],
      [settingId.maxHeaderListSize, headerBytes],
    ]);
    writer.windowUpdate(0, connectionWindowBytes - defaultWindow);
    this.#outbox.soon();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
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
    const shown = this.#introduced ? fault : notHttp2();
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

function wrongLength(streamId: number): StreamFault {
  return new StreamFault(streamId, errorCode.protocolError, 'the data are not as long as was said');
}

function ofOwn(error: unknown): ConnectionFault {
  return new ConnectionFault(errorCode.internalError, messageOf(error));
}
