import type { CallOptions } from '../call-options.ts';

export interface KillContainerOptions extends CallOptions {
  /** Name such as `SIGTERM`. Default `SIGKILL`. */
  readonly killSignal?: string | undefined;
}
