import { EngineError } from '../engine/index.ts';
import { ContainerStartError } from './errors.ts';

/**
 * Start failures of runsc that have nothing to do with the launch. On a busy rootless Docker, runsc sometimes may not
 * write the `oom_score_adj` of its own sandbox, which is ending at that moment. The next start works. Docker answers
 * with the same status as for any other failure, so only runsc's own words tell them apart.
 */
const transientStartFailure = /open \/proc\/\d+\/oom_score_adj: permission denied/;

/** Whether the same launch, tried again, can be expected to work. */
export function isTransientStartFailure(error: unknown): boolean {
  return (
    error instanceof ContainerStartError &&
    error.cause instanceof EngineError &&
    transientStartFailure.test(error.cause.engineMessage ?? '')
  );
}
