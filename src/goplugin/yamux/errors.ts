import { BulkheadError, nameErrorClass } from '../../errors.ts';

/** The other side violated yamux's protocol. Its connection is closed, and with it every stream. */
export class YamuxError extends BulkheadError {
  static {
    nameErrorClass(this, 'YamuxError');
  }

  constructor(what: string) {
    super('MULTIPLEXING_PROTOCOL', `The other side broke the rules of multiplexing: ${what}`);
  }
}

/** A stream ended early: the other side reset it, or the connection that carried it has ended. */
export class StreamLostError extends BulkheadError {
  static {
    nameErrorClass(this, 'StreamLostError');
  }

  constructor(why: string, cause?: unknown) {
    super('MULTIPLEXING_STREAM_LOST', why, { cause });
  }
}
