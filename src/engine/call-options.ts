/** Options that every call takes as (part of) its last argument. */
export interface CallOptions {
  /**
   * Ends the call, which rejects with the signal's own reason, untouched. Work that the engine had already begun
   * continues there unless the operation says otherwise.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Filters as both engines take them: several values of one key are alternatives, several keys must all match. */
export type Filters = Readonly<Record<string, readonly string[]>>;
