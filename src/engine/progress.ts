/** One step of a load, build or pull, as the engine reports it. */
export interface Progress {
  /** What the engine says, without a line break at its end. */
  readonly message: string;
  /** The layer that the step is about. */
  readonly id?: string | undefined;
  /** Bytes done and to do, where the engine counts them. */
  readonly current?: number | undefined;
  readonly total?: number | undefined;
}
