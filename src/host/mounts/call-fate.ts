/**
 * What is known about a call that failed: whether the plugin can have carried it out. Only evidence counts. A call that
 * can't have been carried out may be sent again; whether another one may be is for the caller to say.
 */
import { PluginCallError, PluginError, PluginExitedError } from '../../goplugin/index.ts';
import type { Generation } from '../instances/generation.ts';

export type CallFate =
  /** The plugin lives and this is its answer, or the call was never the plugin's: the error is the caller's. */
  | 'answered'
  /** The plugin was lost, and the call had not reached it. */
  | 'not-reached'
  /** The plugin was lost, and may have carried it out. */
  | 'unknown';

/** When a call began, by both clocks. */
export interface CallBegin {
  /** `Date.now()`: the clock that engines record ends by. */
  readonly wall: number;
  /** `performance.now()`: the clock that nobody sets. */
  readonly steady: number;
}

export function beginNow(): CallBegin {
  return { wall: Date.now(), steady: performance.now() };
}

export function fateOf(error: unknown, generation: Pick<Generation, 'usable'>, begin: CallBegin): CallFate {
  if (!(error instanceof PluginError) || !isLoss(error, generation)) return 'answered';
  if (error.reached === 'no') return 'not-reached';
  const endedAt = error.exit?.endedAt;
  return endedAt !== undefined && wasOverBefore(endedAt, begin) ? 'not-reached' : 'unknown';
}

/**
 * The engine's record of an end is never before the end itself, and nothing of a call is written before it begins. Both are
 * on one machine and one clock, rounded down to milliseconds: a record of an earlier millisecond is an earlier end. If the
 * clock was set meanwhile, nothing follows from it.
 */
function wasOverBefore(endedAt: Date, begin: CallBegin): boolean {
  const drift = Date.now() - begin.wall - (performance.now() - begin.steady);
  return Math.abs(drift) < clockToleranceMs && endedAt.getTime() < begin.wall;
}

/** Rounding makes up for two; what is more was done to the clock. */
const clockToleranceMs = 5;

/** Statuses that a lost connection can show itself by. */
const lossStatuses = new Set(['UNAVAILABLE', 'INTERNAL', 'CANCELLED', 'UNKNOWN']);

function isLoss(error: PluginError, generation: Pick<Generation, 'usable'>): boolean {
  if (error instanceof PluginExitedError) return true;
  return error instanceof PluginCallError && lossStatuses.has(error.status) && !generation.usable;
}
