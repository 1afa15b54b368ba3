/** The sending half of a call: what is sent before there is a stream waits for it. */
import type { ClientHttp2Stream } from 'node:http2';
import { framed } from './message-reader.ts';

export class CallSender {
  #stream: ClientHttp2Stream | undefined;
  /** What is to be done with the stream once there is one; `undefined` from then on, and when the call is over. */
  #waiting: ((stream: ClientHttp2Stream) => void)[] | undefined = [];

  /** There is a stream. */
  open(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const use of waiting) use(stream);
  }

  /** The call is over: what waits is not sent. */
  close(): void {
    this.#waiting = undefined;
  }

  /** @param callback called when the message is on its way, and when it can't be sent any more */
  send(message: Buffer, callback: (() => void) | undefined): void {
    const done = (): void => {
      // In its own turn: whoever is told may use the stream again.
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

  /** Nothing more is sent; answers still come. */
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
