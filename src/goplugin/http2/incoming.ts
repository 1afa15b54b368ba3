/** What the frames of the other side mean for a connection and its streams (RFC 9113). Does no I/O. */
import { ConnectionFault, StreamFault } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import { checkPriority, frameSize, headerProblem, numberIn } from './frame-checks.ts';
import type { FrameSink } from './frame-reader.ts';
import { HeaderAssembly, type WholeBlock } from './header-assembly.ts';
import { HpackDecoder, type HeaderBlock } from './hpack-decoder.ts';
import type { HpackEncoder } from './hpack-encoder.ts';
import type { ConnectionEvents, ConnectionLimits, Role } from './connection-options.ts';
import type { Outbox } from './outbox.ts';
import { notHttp2 } from './preface-reader.ts';
import { errorCode, flag, frameType } from './protocol.ts';
import { PeerStreams } from './peer-streams.ts';
import { Receiving } from './receiving.ts';
import type { Replies } from './replies.ts';
import type { Sending } from './sending.ts';
import { applySettings, type PeerSettings } from './settings.ts';
import type { StreamTable } from './stream-table.ts';
import type { Http2Stream, StreamCarrier } from './stream.ts';

/** The parts of a connection that frames act on. */
export interface Inside {
  readonly role: Role;
  readonly limits: ConnectionLimits;
  readonly events: ConnectionEvents;
  readonly streams: StreamTable;
  readonly settings: PeerSettings;
  readonly guard: FloodGuard;
  readonly outbox: Outbox;
  readonly sending: Sending;
  readonly replies: Replies;
  readonly encoder: HpackEncoder;
  readonly carrier: StreamCarrier;
  readonly hasRoom: boolean;
  /** True when this side takes no further streams. */
  readonly closing: boolean;
  remove(stream: Http2Stream): void;
  /** No stream can be opened any more. */
  goAway(): void;
  destroy(why: string): void;
}

/** A block on the wire is shorter than its fields, unless somebody wants to cause work. */
const blockPerFields = 2;
/**
 * The table of fields that a server may use: without one, equal blocks have equal bytes, and are remembered. A client may
 * use the usual one, because some do so whatever they are told.
 */
export const tableOfServers = 0;

export class Incoming implements FrameSink {
  readonly #inside: Inside;
  readonly #streams: StreamTable;
  readonly #replies: Replies;
  readonly #guard: FloodGuard;
  readonly #peerStreams: PeerStreams;
  readonly #resets: FloodGuard;
  readonly #assembly: HeaderAssembly;
  readonly #decoder: HpackDecoder;
  readonly #receiving: Receiving;
  #introduced = false;
  /** The stream whose DATA frame is being received. */
  #receivingStream: Http2Stream | undefined;
  #dataCame = false;

  constructor(inside: Inside) {
    const { limits } = inside;
    this.#inside = inside;
    this.#streams = inside.streams;
    this.#replies = inside.replies;
    this.#guard = inside.guard;
    this.#peerStreams = new PeerStreams(inside);
    this.#resets = new FloodGuard(limits.idleFrames);
    this.#assembly = new HeaderAssembly(blockPerFields * limits.headerBytes);
    this.#decoder = new HpackDecoder({ bytes: limits.headerBytes, fields: limits.headerFields });
    this.#receiving = new Receiving(limits.connectionWindowBytes);
  }

  /** True once the other side has sent its settings. */
  get introduced(): boolean {
    return this.#introduced;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    try {
      if (!this.#introduced && type !== frameType.settings) throw notHttp2();
      if (this.#assembly.incomplete) this.#headers(this.#assembly.next(type, flags, streamId, payload));
      else this.#frame(type, flags, streamId, payload);
    } catch (error) {
      if (!(error instanceof StreamFault)) throw error;
      this.#replies.fault(error);
    }
  }

  dataBegins(streamId: number, length: number): void {
    if (!this.#introduced) throw notHttp2();
    if (this.#assembly.incomplete) {
      throw new ConnectionFault(errorCode.protocolError, 'a header block is interrupted');
    }
    const credit = this.#receiving.received(length);
    if (credit > 0) {
      this.#inside.outbox.writer.windowUpdate(0, credit);
      this.#replies.answered();
    }
    this.#receivingStream = undefined;
    const stream = this.#peerStreams.known(streamId, 'data');
    if (stream === undefined) return;
    if (stream.remoteEnded || !stream.opened) {
      const code = stream.opened ? errorCode.streamClosed : errorCode.protocolError;
      this.#replies.fault(new StreamFault(streamId, code, 'data before the headers, or after the end'));
      return;
    }
    stream.uncredited += length;
    if (stream.uncredited > this.#inside.limits.streamWindowBytes) {
      this.#replies.fault(
        new StreamFault(streamId, errorCode.flowControlError, 'more data arrive than the stream takes'),
      );
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
    else this.#replies.fault(wrongLength(stream.id));
    stream.settle();
  }

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
        this.#guard.idle('priorities');
        checkPriority(streamId, payload);
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
    const stream = isNew ? this.#peerStreams.admit(streamId) : this.#peerStreams.known(streamId, 'headers');
    if (stream === undefined) return;
    this.#guard.useful();
    const problem = headerProblem(stream, block, this.#inside.role, ended);
    if (problem !== undefined) this.#replies.fault(problem);
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
        this.#replies.fault(wrongLength(stream.id));
        return;
      }
    }
    if (isNew) this.#peerStreams.accept(stream, block, ended);
    else stream.events.headers(block, ended);
    stream.settle();
  }

  #rstStream(streamId: number, code: number): void {
    this.#streams.refuseIdle(streamId, 'a reset');
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#guard.idle('of streams that are over');
      return;
    }
    if (this.#inside.role === 'server') this.#resets.idle('resets');
    this.#inside.remove(stream);
    stream.events.closed({ kind: 'reset', code });
  }

  #peerSettings(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'settings of a stream');
    if (flags & flag.ack) {
      if (!this.#introduced) throw notHttp2();
      if (payload.length > 0) throw frameSize('an acknowledgement of settings', payload.length);
      this.#guard.idle('acknowledgements');
      if (this.#inside.role === 'client') this.#decoder.allowTable(tableOfServers);
      return;
    }
    this.#guard.idle('settings');
    const settings = this.#inside.settings;
    const { initialWindowSize } = settings;
    if (!this.#introduced) settings.maxConcurrentStreams = Infinity;
    applySettings(settings, payload, {
      mostEntries: this.#inside.limits.settingsEntries,
      fromServer: this.#inside.role === 'client',
    });
    this.#inside.encoder.allowTable(settings.headerTableSize);
    this.#inside.outbox.writer.settingsAck();
    this.#replies.answered();
    this.#inside.sending.shift(this.#streams.all(), settings.initialWindowSize - initialWindowSize);
    if (!this.#introduced) {
      this.#introduced = true;
      this.#inside.events.ready();
    }
    if (this.#inside.hasRoom) this.#inside.events.roomForStreams();
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'a ping of a stream');
    if (payload.length !== 8) throw frameSize('a PING frame', payload.length);
    this.#guard.idle('pings');
    if (flags & flag.ack) return;
    this.#inside.outbox.writer.pingAck(payload);
    this.#replies.answered();
  }

  #peerGoesAway(streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionFault(errorCode.protocolError, 'a GOAWAY of a stream');
    if (payload.length < 8) throw frameSize('a GOAWAY frame', payload.length);
    const last = payload.readUInt32BE(0) & 0x7fff_ffff;
    const code = payload.readUInt32BE(4);
    this.#guard.idle('farewells');
    this.#inside.goAway();
    for (const stream of this.#streams.all()) {
      if (stream.id <= last || !this.#streams.isOwn(stream.id)) continue;
      this.#inside.remove(stream);
      stream.events.closed({ kind: 'reset', code: errorCode.refusedStream });
    }
    if (code !== errorCode.noError) {
      this.#inside.destroy(`the other side ended the connection with HTTP/2 code ${code}`);
    }
  }

  #windowUpdate(streamId: number, increment: number): void {
    this.#guard.idle('window updates');
    if (streamId === 0) {
      this.#inside.sending.widen(increment);
      return;
    }
    this.#streams.refuseIdle(streamId, 'a window update');
    const stream = this.#streams.get(streamId);
    if (stream) this.#inside.sending.widenStream(stream, increment);
  }
}

function wrongLength(streamId: number): StreamFault {
  return new StreamFault(streamId, errorCode.protocolError, 'the data are not as long as was said');
}
