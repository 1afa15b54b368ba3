/** What a connection answers to frames, and how it counts those that break the rules. */
import type { ConnectionLimits } from './connection-options.ts';
import { ConnectionFault, type StreamFault } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { errorCode } from './protocol.ts';
import type { StreamTable } from './stream-table.ts';
import type { Http2Stream } from './stream.ts';

export class Replies {
  readonly #limits: ConnectionLimits;
  readonly #streams: StreamTable;
  readonly #outbox: Outbox;
  readonly #remove: (stream: Http2Stream) => void;
  #invalidFrames = 0;

  /** @param remove ends a stream without telling anybody */
  constructor(
    limits: ConnectionLimits,
    streams: StreamTable,
    outbox: Outbox,
    remove: (stream: Http2Stream) => void,
  ) {
    this.#limits = limits;
    this.#streams = streams;
    this.#outbox = outbox;
    this.#remove = remove;
  }

  /** Called when an answer to a frame has been written. @throws ConnectionFault when the other side does not read */
  answered(): void {
    this.#outbox.later();
    const { unreadAnswers } = this.#limits;
    if (this.#outbox.unanswered > unreadAnswers) {
      throw new ConnectionFault(
        errorCode.enhanceYourCalm,
        `the other side does not read its answers, and the limit unreadAnswers is ${unreadAnswers}`,
      );
    }
  }

  /** Tells the other side that a stream is over. @throws ConnectionFault */
  reset(streamId: number, code: number): void {
    this.#streams.noteReset(streamId);
    this.#outbox.writer.rstStream(streamId, code);
    this.answered();
  }

  /** Ends a stream because of what the other side did. @throws ConnectionFault when it did so too often */
  fault({ streamId, code, message }: StreamFault): void {
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
    this.reset(streamId, code);
    stream?.events.closed({ kind: 'fault', code, why: message });
  }
}
