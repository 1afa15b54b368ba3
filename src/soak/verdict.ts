/** Judges the errors of a trial: each has to be one of Bulkhead's, and has to blame the right party. */
import { BulkheadError, errorCodes, type Blame } from '../errors.ts';
import { chainOf } from './ledger.ts';
import type { FaultName } from './trial.ts';
import type { World } from './world.ts';

/** What the errors after each fault may blame. What follows of it for others may blame the request, as for a closed host. */
const fair: Readonly<Record<FaultName, readonly Blame[]>> = {
  none: [],
  'engine-late': [],
  'engine-torn': [],
  'engine-silent': ['engine', 'machine', 'request'],
  'engine-cut': ['engine', 'machine', 'request'],
  'engine-error': ['engine', 'machine', 'request', 'image'],
  'engine-malformed': ['engine', 'machine', 'request'],
  'engine-doubled': ['engine', 'machine', 'request'],
  'engine-wrong-id': ['engine', 'machine', 'request', 'image'],
  'engine-altered': ['engine'],
  'engine-away': ['engine', 'machine', 'request'],
  'engine-stopped': ['engine', 'machine', 'request'],
  'engine-killed': ['engine', 'machine', 'request', 'plugin'],
  'engine-upgraded': ['engine', 'machine', 'request', 'plugin'],
  'plugin-killed': ['plugin', 'request'],
  'plugin-stopped': ['plugin', 'request'],
  'plugin-paused': ['plugin', 'request'],
  'plugin-removed': ['plugin', 'request'],
  'plugin-misbehaves': ['plugin'],
  'plugin-out-of-memory': ['plugin', 'request'],
  abort: ['request'],
  'catalog-altered': ['catalog', 'request'],
  'disk-full': ['catalog', 'machine', 'request'],
  'disk-read-only': ['catalog', 'machine', 'request'],
  'disk-slow': [],
  // An engine that misses the folder in the midst of a launch says so in its own words, and a hint names the folder.
  'folder-removed': ['machine', 'plugin', 'request', 'engine', 'image'],
  'clock-forward': [],
  'clock-back': [],
  descriptors: ['machine', 'engine', 'catalog', 'request', 'plugin'],
};

/** Codes that say that something was not done in time, or not at all: the cause in them is judged instead. */
const outer = new Set(['RELOAD_FAILED', 'CALL_OUTCOME_UNKNOWN', 'INSTANCE_NOT_READY', 'PLUGIN_CALL_TIMEOUT']);

export function errorsThatAreWrong(
  world: Pick<World, 'ledger' | 'reason'>,
  happened: readonly FaultName[],
): string[] {
  return world.ledger.errors.flatMap(({ what, error }) => {
    if (error === world.reason) {
      return happened.includes('abort') ? [] : [`${what}: the caller's reason, and the caller did not abort`];
    }
    const words = `${what}: ${chainOf(error).join(' < ')}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`;
    if (!(error instanceof BulkheadError)) return [`no error of Bulkhead: ${words}`];
    if (!(error.code in errorCodes)) return [`an error with a code that is in no table: ${words}`];
    if (error.code === 'INTERNAL' || error.code === 'SYSTEM_ERROR')
      return [`an error without a party: ${words}`];
    if (isFair(error, happened)) return [];
    return [`blames the ${error.blames} after ${happened.join(' and ') || 'no fault'}: ${words}`];
  });
}

/** Faults that can end the connection over which the output of a plugin comes. */
const cutting: readonly FaultName[] = [
  'engine-cut',
  'engine-silent',
  'engine-away',
  'engine-stopped',
  'engine-killed',
  'engine-upgraded',
];

function isOfHandshake(code: string): boolean {
  return code === 'PLUGIN_NO_HANDSHAKE' || code.startsWith('HANDSHAKE_');
}

function isFair(error: BulkheadError, happened: readonly FaultName[]): boolean {
  // The output has no length: its end, also in the midst of a handshake, can't be told from that of the plugin's stdout.
  if (isOfHandshake(error.code) && happened.some((name) => cutting.includes(name))) return true;
  const blames = new Set(happened.flatMap((name) => fair[name]));
  if (blames.size === 0) return false;
  if (blames.has(error.blames)) return true;
  const { cause } = error;
  // A call that waited for a plugin that an engine could not start is blamed on what it waited for.
  return outer.has(error.code) && (!(cause instanceof BulkheadError) || isFair(cause, happened));
}
