/** Payload of one or more frames of one stream. */
export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

/** The bytes that the peer sends are not a raw stream. */
export class RawStreamError extends Error {}

/** The engine reports a failure of its own inside the stream (moby `stdcopy`: stream 3). */
export class EngineStreamError extends Error {}

/**
 * Length of a frame's header: stream, three zero bytes, length (big-endian). See "Stream format" of attach in Docker's
 * Engine API.
 */
const headerLength = 8;
const longestEngineMessage = 64 * 1024;

/**
 * Takes a multiplexed output stream in pieces of any size and returns the payloads. A payload is passed on as it
 * arrives, so only an incomplete header is ever kept, however long a frame claims to be. Payloads are views of the
 * given bytes, except that small frames in a row are copied together.
 */
export class RawStream {
  readonly #header = new Uint8Array(headerLength);
  #headerFilled = 0;
  #stream = 0;
  #remaining = 0;
  #engineMessage: string | undefined;
  /** The decoder keeps its state, because a character of the engine's message may come in two pieces. */
  readonly #decoder = new TextDecoder();

  /** @throws RawStreamError, EngineStreamError */
  push(bytes: Uint8Array): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    const run = new Run(bytes, pieces);
    let at = 0;
    while (at < bytes.length) {
      if (this.#remaining === 0) {
        at = this.#readHeader(bytes, at);
        continue;
      }
      const end = Math.min(at + this.#remaining, bytes.length);
      this.#remaining -= end - at;
      if (this.#stream === 3) this.#readEngineMessage(bytes.subarray(at, end));
      else run.add(this.#stream, at, end);
      at = end;
    }
    run.flush();
    return pieces;
  }

  /** True when the input may end here, which is between two frames. */
  get complete(): boolean {
    return this.#remaining === 0 && this.#headerFilled === 0;
  }

  /** Reads as much of a header as has arrived, and returns where it stopped. */
  #readHeader(bytes: Uint8Array, start: number): number {
    if (this.#headerFilled === 0 && start + headerLength <= bytes.length) {
      this.#takeHeader(bytes, start);
      return start + headerLength;
    }
    let at = start;
    while (at < bytes.length && this.#headerFilled < headerLength) {
      this.#header[this.#headerFilled] = bytes[at] ?? 0;
      this.#headerFilled += 1;
      at += 1;
    }
    if (this.#headerFilled === headerLength) {
      this.#headerFilled = 0;
      this.#takeHeader(this.#header, 0);
    }
    return at;
  }

  #takeHeader(bytes: Uint8Array, at: number): void {
    const stream = bytes[at] ?? 0;
    if (stream > 3 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0 || bytes[at + 3] !== 0) {
      throw new RawStreamError('the output has no frames: a header was expected');
    }
    this.#stream = stream;
    const high = ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
    const low = ((bytes[at + 6] ?? 0) << 8) | (bytes[at + 7] ?? 0);
    this.#remaining = high * 0x1_0000 + low; // not shifted: 32 bits would turn negative
    if (stream === 3 && this.#remaining === 0) this.#failWithEngineMessage();
  }

  #readEngineMessage(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: this.#remaining > 0 });
    this.#engineMessage = `${this.#engineMessage ?? ''}${text}`.slice(0, longestEngineMessage);
    if (this.#remaining === 0 || this.#engineMessage.length === longestEngineMessage)
      this.#failWithEngineMessage();
  }

  #failWithEngineMessage(): never {
    throw new EngineStreamError((this.#engineMessage ?? '').trim() || 'the engine gave no reason');
  }
}

/** Frames of one stream that follow each other in one piece of input. */
class Run {
  readonly #bytes: Uint8Array;
  readonly #pieces: OutputPiece[];
  #stream = -1;
  /** Start of the run while it is a single frame: a view of the input. */
  #start = 0;
  #end = 0;
  /**
   * Buffer in which runs of several frames are joined: a copy of the input, in which payloads move over the headers
   * before them. Moving within one array is several times faster than copying from another, which takes a view for each
   * frame.
   */
  #together: Uint8Array | undefined;
  /** How much of `together` is used, and where the present run begins in it; -1 while the run is one frame. */
  #filled = 0;
  #begin = -1;

  constructor(bytes: Uint8Array, pieces: OutputPiece[]) {
    this.#bytes = bytes;
    this.#pieces = pieces;
  }

  add(stream: number, start: number, end: number): void {
    if (stream !== this.#stream) {
      this.flush();
      this.#stream = stream;
      this.#start = start;
      this.#end = end;
      return;
    }
    if (this.#begin === -1) {
      this.#begin = this.#filled;
      this.#append(this.#start, this.#end);
    }
    this.#append(start, end);
  }

  flush(): void {
    if (this.#stream === -1) return;
    const data =
      this.#begin === -1 || this.#together === undefined
        ? this.#bytes.subarray(this.#start, this.#end)
        : this.#together.subarray(this.#begin, this.#filled);
    this.#pieces.push({ stream: this.#stream === 2 ? 'stderr' : 'stdout', data });
    this.#stream = -1;
    this.#begin = -1;
  }

  #append(start: number, end: number): void {
    if (this.#together === undefined) {
      this.#together = Buffer.allocUnsafeSlow(this.#bytes.length);
      this.#together.set(this.#bytes);
    }
    this.#together.copyWithin(this.#filled, start, end);
    this.#filled += end - start;
  }
}
