/** The stream of what an instance's plugins write. */
import { EventQueue, type EventQueueOptions } from '../streams/event-queue.ts';
import { serverSentEvent } from '../streams/server-sent-events.ts';
import { lineData } from './instance-data.ts';
import { onInstanceChange, presentInstances, type WatchedHost } from './instance-watch.ts';

export interface LogEventsOptions extends EventQueueOptions {
  readonly instance: string;
  /** How many of the kept lines come first. */
  readonly lines: number;
  readonly signal: AbortSignal;
}

/**
 * Yields the last kept lines (`line`), then `ready`, then every line as it is written. A reader that is too slow misses
 * lines, and is told how many (`left-out`). Ends when the instance is gone (after `end`), or at the abort.
 */
export async function* logEvents(
  host: WatchedHost,
  { instance, lines, signal, ...limits }: LogEventsOptions,
): AsyncGenerator<string> {
  // Lines that are written while the kept lines are being sent come after them.
  const queue = new EventQueue(limits);
  const endIfGone = (): void => {
    if (presentInstances(host).every(({ id }) => id !== instance))
      queue.end('end', { reason: 'the instance is gone' });
  };
  const stopFollowing = host.followLogs(instance, (line) => {
    queue.push('line', lineData(line));
  });
  const stopWatching = onInstanceChange(host, (id) => {
    if (id === instance) endIfGone();
  });
  try {
    const kept = lines === 0 ? [] : host.logs(instance).slice(-lines);
    for (const line of kept) yield serverSentEvent('line', lineData(line));
    yield serverSentEvent('ready', {});
    endIfGone();
    yield* queue.read(signal);
  } finally {
    stopFollowing();
    stopWatching();
  }
}
