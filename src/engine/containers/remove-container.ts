import type { CallOptions } from '../call-options.ts';

export interface RemoveContainerOptions extends CallOptions {
  /** Kills it first when it runs. Default false. */
  readonly force?: boolean | undefined;
  /** Also its anonymous volumes. Default false. */
  readonly volumes?: boolean | undefined;
}
