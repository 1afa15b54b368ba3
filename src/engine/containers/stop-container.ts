import type { CallOptions } from '../call-options.ts';

export interface StopContainerOptions extends CallOptions {
  /** Seconds between the stop signal and the kill; 0 kills at once. Default: the container's own, else 10. */
  readonly timeoutSeconds?: number | undefined;
}

export interface StoppedContainer {
  /** True when it was not running before. */
  readonly alreadyStopped: boolean;
}
