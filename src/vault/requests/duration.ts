import { that } from '../../settings/option-shape.ts';
import { longestDurationMs } from '../wire/time.ts';

/** Checks a time in milliseconds that a plugin is told of, and that no timer of this process waits for. */
export function duration(least: number) {
  return that(
    (value) => Number.isFinite(value) && (value as number) >= least && (value as number) <= longestDurationMs,
    `must be a number of milliseconds from ${least} to ${longestDurationMs}`,
  );
}
