/** One stream of a yamux connection, as a duplex stream with the methods that Node's own users of sockets expect. */
import { Duplex } from 'node:stream';
import { StreamLostError, YamuxError } from './errors.ts';
import { flag, initialWindow } from './frame.ts';

/** What a stream needs from its connection. */
export interface StreamCarrier {
  data(id: number, parts: readonly Buffer[], length: number): void;
  windowUpdate(id: number, flags: number, credit: number): void;
  /** Calls back when the connection can take more. */
  whenWritable(resume: () => void): void;
  /**
   * Called when the stream is over on this side. `settled`: it is over on the other side too, so that its id means
   * nothing any more.
   */
  left(id: number, settled: boolean): void;
}

/** Longest frame that is sent, so that other streams get their turn in between. */
const longestFrame = 64 * 1024;
/** Credit is given back after this many bytes have been taken (yamux: stream.go, sendWindowUpdate). */
const creditStep = initialWindow / 2;

/** Shorter pieces that wait to be read are copied together, because each would cost more than it carries. */
const togetherLength = 4 * 1024;

type Done = (error?: Error | null) => void;

export class YamuxStream extends Duplex {
  readonly id: number;
  /**
   * Resolves when the other side has accepted the stream, or the stream has ended. HashiCorp's accepts a stream when
   * somebody takes it.
   */
  readonly accepted: Promise<void>;
  #onAccepted: () => void = () => undefined;
  readonly #carrier: StreamCarrier;
  /** Bytes that the other side may still send. */
  #receiveWindow = initialWindow;
  /** Bytes of a frame that has begun and have not arrived yet. */
  #underWay = 0;
  #sendWindow = initialWindow;
  #pending: Buffer[] = [];
  /** Short pieces that came while others waited for the reader. */
  #together: Buffer | undefined;
  #togetherLength = 0;
  #written: Done | undefined;
  #ended = { here: false, there: false };

  constructor(id: number, carrier: StreamCarrier) {
    // As with a socket, this side ends too when the other side has ended.
    super({ allowHalfOpen: false, highWaterMark: longestFrame });
    this.id = id;
    this.#carrier = carrier;
    this.accepted = new Promise((resolve) => {
      this.#onAccepted = resolve;
    });
    this.on('error', () => undefined); // the stream may be lost before anybody uses it, and `close` tells that too
  }

  // --- from the connection

  acknowledged(): void {
    this.#onAccepted();
  }

  /** Called when a data frame begins. @throws YamuxError when it is longer than the credit */
  expect(length: number): void {
    if (length > this.#receiveWindow) {
      throw new YamuxError(
        `${length} bytes on stream ${this.id}, which had credit for ${this.#receiveWindow}`,
      );
    }
    this.#receiveWindow -= length;
    this.#underWay += length;
  }

  /** @param transient whether the piece is valid only during the call */
  receive(piece: Buffer, transient: boolean): void {
    this.#underWay -= piece.length;
    // HashiCorp's implementation sends data after its end when one goroutine closes a stream to which another one
    // writes.
    if (piece.length === 0 || this.destroyed || this.#ended.there) return;
    if (this.readableLength === 0 || piece.length >= togetherLength) {
      this.#pushTogether();
      if (transient) this.#passOn(piece);
      else
        this.push(
          piece.length * 2 < piece.buffer.byteLength && this.readableLength > 0 ? copy(piece) : piece,
        );
    } else this.#keepTogether(piece);
    this.#giveCredit();
  }

  addCredit(credit: number): void {
    this.#sendWindow += credit;
    if (this.#sendWindow > 0xffff_ffff)
      throw new YamuxError(`a credit of more than 4 GiB on stream ${this.id}`);
    this.#pump();
  }

  /** Called when the other side ends the stream. @throws YamuxError the second time */
  endReceived(): void {
    if (this.#ended.there) throw new YamuxError(`a second end of stream ${this.id}`);
    this.#pushTogether();
    this.#ended.there = true;
    this.push(null);
  }

  /** Ends the stream without telling the other side. */
  lost(why: string, cause?: unknown): void {
    this.#ended = { here: true, there: true };
    this.destroy(new StreamLostError(why, cause));
  }

  // --- to the user of the stream

  override _read(): void {
    // Nothing to do: data comes when it comes. Credit can't be given here, because what is about to be taken still
    // counts as held.
  }

  /** Every byte goes through here, or through `push` straight to a listener. */
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (chunk !== null) {
      this.#pushTogether();
      this.#giveCredit();
    }
    return chunk;
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: Done): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: Done): void {
    this.#end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const { here, there } = this.#ended;
    if (error && !(here && there)) {
      this.#carrier.windowUpdate(this.id, flag.rst, 0);
      this.#ended = { here: true, there: true };
    } else {
      this.#end();
    }
    this.#carrier.left(this.id, this.#ended.there);
    this.#onAccepted();
    this.#together = undefined;
    this.#togetherLength = 0;
    this.#pending = [];
    const written = this.#written;
    this.#written = undefined;
    written?.(error ?? new StreamLostError('the stream was closed while it was written to'));
    done(error);
  }

  #send(parts: Buffer[], done: Done): void {
    this.#pending = parts;
    this.#written = done;
    this.#pump();
  }

  /** Sends as much as the credit allows. */
  #pump(): void {
    if (this.#written === undefined) return;
    while (this.#pending.length > 0 && this.#sendWindow > 0) {
      const { parts, length } = this.#take(Math.min(this.#sendWindow, longestFrame));
      this.#sendWindow -= length;
      if (length > 0) this.#carrier.data(this.id, parts, length);
    }
    if (this.#pending.length > 0) return;
    const written = this.#written;
    this.#written = undefined;
    this.#carrier.whenWritable(written);
  }

  #take(limit: number): { parts: Buffer[]; length: number } {
    const parts: Buffer[] = [];
    let length = 0;
    for (let next = this.#pending[0]; next && length < limit; next = this.#pending[0]) {
      const part = next.subarray(0, limit - length);
      parts.push(part);
      length += part.length;
      if (part.length === next.length) this.#pending.shift();
      else this.#pending[0] = next.subarray(part.length);
    }
    return { parts, length };
  }

  #end(): void {
    if (this.#ended.here) return;
    this.#ended.here = true;
    this.#carrier.windowUpdate(this.id, flag.fin, 0);
  }

  /** Passes a piece to whoever listens, as `push` does when nothing waits, but never keeps it. */
  #passOn(piece: Buffer): void {
    const listens = this.readableFlowing === true && this.listenerCount('data') > 0;
    if (listens && this.readableLength === 0) this.emit('data', piece);
    else this.push(copy(piece));
  }

  #keepTogether(piece: Buffer): void {
    if (this.#togetherLength + piece.length > togetherLength) this.#pushTogether();
    this.#together ??= Buffer.allocUnsafeSlow(togetherLength);
    this.#togetherLength += piece.copy(this.#together, this.#togetherLength);
  }

  #pushTogether(): void {
    const together = this.#together;
    if (!together) return;
    const length = this.#togetherLength;
    this.#together = undefined;
    this.#togetherLength = 0;
    this.push(together.subarray(0, length));
  }

  /** Gives credit for what has been taken, and never for what is held here: that is the back-pressure. */
  #giveCredit(): void {
    if (this.#ended.there || this.destroyed) return;
    const credit =
      initialWindow - this.readableLength - this.#togetherLength - this.#underWay - this.#receiveWindow;
    if (credit < creditStep) return;
    this.#receiveWindow += credit;
    this.#carrier.windowUpdate(this.id, 0, credit);
  }

  // --- what users of sockets call, and what means nothing here

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Copies a piece: a small view would keep all that was read from the connection with it. */
function copy(piece: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(piece.length);
  piece.copy(own);
  return own;
}
