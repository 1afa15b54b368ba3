/** How a connection or a stream breaks the rules of HTTP/2, or a limit of this side. */

/** The whole connection has to end: `code` is what the other side is told. */
export class ConnectionFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ConnectionFault';
    this.code = code;
  }
}

/** One stream has to end; the connection goes on. */
export class StreamFault extends Error {
  readonly code: number;
  readonly streamId: number;

  constructor(streamId: number, code: number, message: string) {
    super(message);
    this.name = 'StreamFault';
    this.streamId = streamId;
    this.code = code;
  }
}
