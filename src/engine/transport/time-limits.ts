/** Time limits of one call, in milliseconds; 0 is none. They do not hold for streams that are open without end. */
export interface TimeLimits {
  /** Until the socket has taken the connection. Default 5000. */
  readonly connectMs?: number | undefined;
  /** From the request to the head of the answer. Default 120000: a start on a busy machine takes its time. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of an answer. Default 120000. */
  readonly bodyMs?: number | undefined;
}
