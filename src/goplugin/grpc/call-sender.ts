/** The sending half of a call. What is sent before there is a stream waits for the stream. */
import type { ClientHttp2Stream } from 'node:http2';
import { framed } from './message-reader.ts';

export class CallSender {
  #stream: ClientHttp2Stream | undefined;
  /** What to do with the stream once there is one; `undefined` from then on, and when the call is over. */
  #waiting: ((stream: ClientHttp2Stream) => void)[] | undefined = [];

  /** Called when there is a stream. */
  open(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const use of waiting) use(stream);
  }

  /** Called when the call is over: whatever waits is not sent. */
  close(): void {
    this.#waiting = undefined;
  }

  /** @param callback called when the message is on its way, and also when it can't be sent any more */
  send(message: Buffer, callback: (() => void) | undefined): void {
    const done = (): void => {
      // Called in a turn of its own, because the callback may use the stream again.
      if (callback) process.nextTick(callback);
    };
    this.#withStream((stream) => {
      const parts = framed(message);
      if (parts.length > 1) stream.cork();
      for (const [index, part] of parts.entries()) {
        if (index < parts.length - 1) stream.write(part);
        else stream.write(part, done);
      }
      if (parts.length > 1) stream.uncork();
    }, done);
  }

  /** Ends the sending; answers still come. */
  end(): void {
    this.#withStream((stream) => stream.end());
  }

  #withStream(use: (stream: ClientHttp2Stream) => void, otherwise?: () => void): void {
    const stream = this.#stream;
    if (stream) {
      if (stream.destroyed || stream.writableEnded) otherwise?.();
      else use(stream);
    } else if (this.#waiting) this.#waiting.push(use);
    else otherwise?.();
  }
}
