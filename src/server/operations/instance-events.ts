/** The stream of what happens to instances. */
import { lifeMs } from '../streams/event-queue.ts';
import { isAborted, News, pause } from '../streams/news.ts';
import { serverSentEvent, signOfLife } from '../streams/server-sent-events.ts';
import { InstanceWatch, type WatchedHost } from './instance-watch.ts';

/** How long changes are gathered before they are sent. An instance that changes often is sent once for all of them. */
export const gatherMs = 200;

/**
 * Yields every instance (`instance`), then `ready`, then those that change, and `gone` for those that end, until the abort.
 *
 * Nothing waits for a slow reader but the ids of what has changed: when it reads again, it gets what is true by then.
 */
export async function* instanceEvents(
  host: WatchedHost,
  signal: AbortSignal,
  limits: { readonly gatherMs?: number; readonly lifeMs?: number } = {},
): AsyncGenerator<string> {
  const changed = new Set<string>();
  const known = new Set<string>();
  const news = new News();
  using watch = new InstanceWatch(host, (id) => {
    changed.add(id);
    news.tell();
  });
  yield changes(watch, changed, known) + serverSentEvent('ready', {});
  while (!isAborted(signal)) {
    await news.wait(limits.lifeMs ?? lifeMs, signal);
    if (isAborted(signal)) return;
    if (changed.size === 0) {
      yield signOfLife;
      continue;
    }
    await pause(limits.gatherMs ?? gatherMs, signal);
    if (!isAborted(signal)) yield changes(watch, changed, known);
  }
}

/** The events for what has changed or is not known yet, which is known then. */
function changes(watch: InstanceWatch, changed: Set<string>, known: Set<string>): string {
  const present = watch.list();
  const gone = [...known].filter((id) => present.every((instance) => instance.id !== id));
  const told = present.filter(({ id }) => changed.has(id) || !known.has(id));
  changed.clear();
  for (const id of gone) known.delete(id);
  for (const { id } of told) known.add(id);
  const events = [
    ...gone.map((id) => serverSentEvent('gone', { id })),
    ...told.map((instance) => serverSentEvent('instance', instance)),
  ];
  return events.length === 0 ? signOfLife : events.join('');
}
