/**
 * Judges a failed call: whether the plugin can have carried it out. Only evidence counts. A call that can't have been
 * carried out may be sent again; for any other call the caller decides.
 */
import { PluginCallError, PluginExitedError } from '../../goplugin/index.ts';
import type { Generation } from '../instances/generation.ts';

export type CallFate =
  /** The plugin lives and this is its answer, or the call never went to the plugin: the caller gets the error. */
  | 'answered'
  /** The plugin was lost before the call reached it. */
  | 'not-reached'
  /** The plugin was lost, and may have carried out the call. */
  | 'unknown';

/** When a call began, by two clocks. */
export interface CallBegin {
  /** `Date.now()`: the clock by which engines record when a container ended. */
  readonly wall: number;
  /** `performance.now()`: the clock that can't be set. */
  readonly steady: number;
}

/** How far the clocks are apart is looked up once in a while: reading a clock is a good part of what a mount costs. */
const lookUpAgainMs = 1_000;
let apart = 0;
let lookedUpAt = -Infinity;

/** How many milliseconds `Date.now()` is ahead of `performance.now()`, which is `steady` at this moment. */
export function clocksApart(steady: number): number {
  if (steady - lookedUpAt > lookUpAgainMs) {
    const now = bothClocks();
    apart = now.wall - now.steady;
    lookedUpAt = steady;
  }
  return apart;
}

/**
 * Reads both clocks at one moment. On a busy machine this process may have to wait between the two readings, so they are
 * repeated then. If every time was one of those, the clock that can't be set is the later one: a call then seems to have begun
 * too early, which proves nothing, and never too late, which would make an end after its beginning one before it.
 */
function bothClocks(): CallBegin {
  for (let again = 0; ; again += 1) {
    const before = performance.now();
    const wall = Date.now();
    const steady = performance.now();
    if (steady - before < atOnceMs || again === mostReadings) return { wall, steady };
  }
}

const atOnceMs = 0.5;
const mostReadings = 10;

/** @param ahead what `clocksApart` said at that moment */
export function beginAt(steady: number, ahead: number): CallBegin {
  // Never later than `Date.now()`, unless that clock was set meanwhile, which `wasOverBefore` notices.
  return { wall: Math.floor(steady + ahead), steady };
}

export function beginNow(): CallBegin {
  const steady = performance.now();
  return beginAt(steady, clocksApart(steady));
}

export function fateOf(error: unknown, generation: Pick<Generation, 'usable'>, begin: CallBegin): CallFate {
  if (!isLoss(error, generation)) return 'answered';
  if (error.reached === 'no') return 'not-reached';
  const endedAt = error.exit?.endedAt;
  return endedAt !== undefined && wasOverBefore(endedAt, begin) ? 'not-reached' : 'unknown';
}

/**
 * Whether the plugin had ended before the call began. An engine's record of an end is never before the end itself. Both
 * times come from one clock of one machine, rounded down to milliseconds, so a record of an earlier millisecond is an
 * earlier end. If the clock was set in between, nothing is concluded.
 */
function wasOverBefore(endedAt: Date, begin: CallBegin): boolean {
  const now = bothClocks();
  const drift = now.wall - begin.wall - (now.steady - begin.steady);
  return Math.abs(drift) < clockToleranceMs && endedAt.getTime() < begin.wall;
}

/** Rounding explains a difference of three milliseconds; with a larger one the clock was set. */
const clockToleranceMs = 5;

/** Statuses with which a lost connection can end a call. */
const lossStatuses = new Set(['UNAVAILABLE', 'INTERNAL', 'CANCELLED', 'UNKNOWN']);

function isLoss(
  error: unknown,
  generation: Pick<Generation, 'usable'>,
): error is PluginExitedError | PluginCallError {
  if (error instanceof PluginExitedError) return true;
  return error instanceof PluginCallError && lossStatuses.has(error.status) && !generation.usable;
}
