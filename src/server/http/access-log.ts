/** What the access log says of a request: no token, no query, no body. */

export interface AccessLogEntry {
  readonly time: Date;
  readonly requestId: string;
  /** Empty for the unix socket. */
  readonly remoteAddress: string;
  readonly method: string;
  /** As it was sent, without its query. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Of the token; empty where none was sent, or none that is known. */
  readonly tokenId: string;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}
