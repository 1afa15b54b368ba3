/** Time limits of one call, in milliseconds; 0 means none. They do not apply to streams that stay open without end. */
export interface TimeLimits {
  /** Time until the socket has accepted the connection. Default 5000. */
  readonly connectMs?: number | undefined;
  /**
   * Time from the request to the head of the answer. Default 120000, because a start on a busy machine takes its time;
   * for the first answer of an engine that is being connected, 15000.
   */
  readonly headersMs?: number | undefined;
  /** Time between two pieces of an answer. Default 120000. */
  readonly bodyMs?: number | undefined;
}
