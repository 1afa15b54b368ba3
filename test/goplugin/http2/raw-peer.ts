/** The other side of a connection, frame by frame, without any rules: for frames that no library would send. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { FrameReader } from '../../../src/goplugin/http2/frame-reader.ts';
import { HpackDecoder } from '../../../src/goplugin/http2/hpack-decoder.ts';
import { PrefaceReader } from '../../../src/goplugin/http2/preface-reader.ts';

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** One end of a connection in memory. */
class End extends Duplex {
  other: End | undefined;

  override _read(): void {
    // Whatever is written on the other side is pushed at once.
  }

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.other?.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.other?.readableEnded === false) this.other.push(null);
    done(error);
  }
}

export function pairOfEnds(): [Duplex, Duplex] {
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | string = '',
): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload.replaceAll(' ', ''), 'hex') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, bytes]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A header block of literals. */
export function block(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) =>
      Buffer.concat([
        Buffer.from([0, name.length]),
        Buffer.from(name),
        Buffer.from([value.length]),
        Buffer.from(value),
      ]),
    ),
  );
}

export class RawPeer {
  readonly socket: Duplex;
  readonly frames: SeenFrame[] = [];
  readonly #decoder = new HpackDecoder({ bytes: 1 << 20, fields: 1000 });
  #taken = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  /** @param expectsPreface true when the other side is a client */
  constructor(socket: Duplex, expectsPreface: boolean) {
    this.socket = socket;
    const preface = expectsPreface ? new PrefaceReader() : undefined;
    let data: Buffer[] = [];
    let streamId = 0;
    const seen = (each: SeenFrame): void => {
      this.frames.push(each);
      this.#wake();
    };
    const reader = new FrameReader({
      frame: (type, flags, id, payload) => {
        seen({ type, flags, streamId: id, payload: Buffer.from(payload) });
      },
      dataBegins: (id) => {
        streamId = id;
        data = [];
      },
      dataPiece: (piece) => data.push(Buffer.from(piece)),
      dataEnds: (flags) => {
        seen({ type: 0, flags, streamId, payload: Buffer.concat(data) });
      },
    });
    socket.on('data', (chunk: Buffer) => {
      reader.push(preface?.done === false ? preface.push(chunk) : chunk);
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  send(...frames: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Resolves with the next frame of this type; `undefined` when the other side has hung up before. */
  async next(type: number): Promise<SeenFrame | undefined> {
    for (;;) {
      for (; this.#taken < this.frames.length; this.#taken += 1) {
        const found = this.frames[this.#taken];
        if (found?.type !== type) continue;
        this.#taken += 1;
        return found;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves with the fields of the next HEADERS frame. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const found = await this.next(1);
    const fields = found ? (this.#decoder.decode(found.payload)?.fields ?? []) : [];
    return Object.fromEntries(
      fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? ''] as const] : [])),
    );
  }

  /** Resolves with the code of the GOAWAY with which the other side ends the connection, after it has hung up. */
  async farewell(): Promise<number | undefined> {
    const found = await this.next(7);
    if (!this.#ended) await once(this.socket, 'end');
    return found?.payload.readUInt32BE(4);
  }
}
