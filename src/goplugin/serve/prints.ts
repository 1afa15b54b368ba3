/**
 * What the plugin prints after its handshake goes to the host through gRPC: real stdout belongs to the protocol.
 *
 * In Go a print waits until the host has read it. A Node program can't wait, so what the host has not read yet is held
 * in memory. Above `heldLimit` prints are dropped, counted, and reported through `onDrop` once there is room again.
 */
import { whenAborted } from '../../abort.ts';
import { limits } from '../limits.ts';
import { stdioChannel, type StdioData } from '../wire/messages.ts';
import { original } from './real-write.ts';

const heldLimit = limits.heldPrintBytes.value;
/** Bytes that a write counts beside its own, because a program may write one byte at a time. */
const costOfWrite = 64;
/** Bytes held above which `write` returns false, as a stream's does: a program that heeds it loses nothing. */
const highWaterMark = 64 * 1024;
/**
 * Longest piece that is sent at once, in bytes. Shorter prints that wait are sent together, because a message for each
 * would be slow.
 */
const longestPiece = 32 * 1024;

interface Held {
  readonly channel: number;
  readonly parts: Buffer[];
  length: number;
  /** Its length in bytes, and what its parts cost besides. */
  cost: number;
}

export class Prints {
  readonly #onDrop: (bytes: number) => void;
  readonly #restore: (() => void)[] = [];
  readonly #waitingForDrain = new Set<NodeJS.WriteStream>();
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #dropped = 0;
  #finished = false;
  #wake: (() => void) | undefined;
  #allSent: () => void = () => undefined;
  /** Resolves when the last print has been sent after `finish`; at once when there is no reader. */
  readonly allSent = new Promise<void>((resolve) => {
    this.#allSent = resolve;
  });
  #readers = 0;
  /** Number of the newest reader. An older one ends, because each would take prints from the other. */
  #reader = 0;

  constructor(onDrop: (bytes: number) => void) {
    this.#onDrop = onDrop;
  }

  /** Sends `console.log` and everything else that is written through these streams to the host from now on. */
  redirect(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
    this.#redirect(stdout, stdioChannel.stdout);
    this.#redirect(stderr, stdioChannel.stderr);
  }

  /**
   * Yields everything printed until `finish`. A print counts as sent when the next one is asked for. A new reader takes
   * over from an older one.
   */
  async *read(signal: AbortSignal): AsyncGenerator<StdioData> {
    this.#readers += 1;
    try {
      yield* this.#read(signal);
    } finally {
      this.#readers -= 1;
      if (this.#finished && this.#readers === 0) this.#allSent();
    }
  }

  async *#read(signal: AbortSignal): AsyncGenerator<StdioData> {
    const reader = (this.#reader += 1);
    const wake = (): void => this.#wake?.();
    wake();
    const stopListening = whenAborted(signal, wake);
    try {
      while (reader === this.#reader && !signal.aborted) {
        const next = this.#held.shift();
        if (next) {
          this.#heldBytes -= next.cost;
          this.#reportDrops();
          yield { channel: next.channel, data: Buffer.concat(next.parts) };
        } else {
          if (this.#finished) return;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      stopListening();
    }
  }

  /** Ends the redirection; readers end when they have read what is held. */
  finish(): void {
    this.#finished = true;
    if (this.#readers === 0) this.#allSent();
    for (const restore of this.#restore.splice(0)) restore();
    this.#wake?.();
  }

  #redirect(stream: NodeJS.WriteStream, channel: number): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, never called unbound
    const before = stream.write;
    const write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ): boolean => {
      const callback = typeof encoding === 'function' ? encoding : done;
      const data =
        typeof chunk === 'string'
          ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
          : Buffer.from(chunk); // copied: the caller may use its buffer again
      this.#hold(channel, data);
      if (callback) process.nextTick(callback, null);
      const room = this.#heldBytes < highWaterMark;
      if (!room) this.#waitingForDrain.add(stream);
      return room;
    };
    stream.write = Object.assign(write, { [original]: before });
    this.#restore.push(() => {
      stream.write = before;
    });
  }

  #hold(channel: number, data: Buffer): void {
    if (this.#heldBytes + data.length + costOfWrite > heldLimit) {
      this.#dropped += data.length;
      return;
    }
    for (let start = 0; start < data.length; start += longestPiece) {
      this.#append(channel, data.subarray(start, start + longestPiece));
    }
    this.#wake?.();
  }

  #append(channel: number, part: Buffer): void {
    const cost = part.length + costOfWrite;
    this.#heldBytes += cost;
    const last = this.#held.at(-1);
    if (last?.channel === channel && last.length + part.length <= longestPiece) {
      last.parts.push(part);
      last.length += part.length;
      last.cost += cost;
    } else {
      this.#held.push({ channel, parts: [part], length: part.length, cost });
    }
  }

  #reportDrops(): void {
    if (this.#heldBytes >= highWaterMark) return;
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#onDrop(dropped);
    }
    for (const stream of this.#waitingForDrain) {
      this.#waitingForDrain.delete(stream);
      stream.emit('drain');
    }
  }
}
