/** A request that is not of gRPC: it is answered as HTTP, once it has ended. */
import type { CommonFields, HpackEncoder } from '../../http2/hpack-encoder.ts';
import type { Http2Stream, StreamEvents } from '../../http2/stream.ts';
import type { Intake } from './intake.ts';

const text = Buffer.from('This server speaks gRPC only.\n');

export class OtherRequest implements StreamEvents {
  readonly #stream: Http2Stream;
  readonly #answer: () => Buffer;
  readonly #intake: Intake;

  constructor(stream: Http2Stream, encoder: HpackEncoder, headers: CommonFields, intake: Intake) {
    this.#stream = stream;
    this.#answer = () => encoder.encode(headers);
    this.#intake = intake;
  }

  headers(): void {
    this.ended();
  }

  data(): void {
    // It is dropped, and no credit is given for more.
  }

  ended(): void {
    this.#stream.sendHeaders(this.#answer());
    this.#stream.send(text, true);
  }

  drained(): void {
    // Nothing else is sent.
  }

  closed(): void {
    this.#intake.end();
  }
}
