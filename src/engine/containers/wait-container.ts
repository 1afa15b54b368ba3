import type { CallOptions } from '../call-options.ts';

export interface WaitContainerOptions extends CallOptions {
  /**
   * `not-running` (default): has ended, or never ran. `next-exit`: ends the next time; ask before the start. `removed`:
   * is gone.
   */
  readonly condition?: 'not-running' | 'next-exit' | 'removed' | undefined;
}

export interface ContainerExit {
  readonly exitCode: number;
  /** The engine's own text when the start failed or the waiting went wrong on its side. */
  readonly error?: string | undefined;
}
