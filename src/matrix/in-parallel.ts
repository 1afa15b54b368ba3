export interface Parallelism<T> {
  /** What the work of an item burdens. */
  readonly keyOf: (item: T) => unknown;
  /** Items of one key at the same time. */
  readonly perKey: number;
  /** Items at the same time. */
  readonly overall: number;
  /** Abort begins nothing more; what has begun is waited for. */
  readonly signal: AbortSignal;
}

/**
 * Does the work of all items, several at a time, and gives the results in the order of the items. Keys are served in
 * turn, so that no engine waits while another has everything. After a failure nothing more is begun.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  { keyOf, perKey, overall, signal }: Parallelism<T>,
): Promise<R[]> {
  const results = new Map<T, R>();
  const waiting = new Set(items);
  const busy = new Map<unknown, number>();
  const failures: unknown[] = [];
  const isEnding = () => failures.length > 0 || signal.aborted;

  const takeNext = (): T | undefined => {
    const free = [...waiting].filter((item) => (busy.get(keyOf(item)) ?? 0) < perKey);
    const load = (item: T) => busy.get(keyOf(item)) ?? 0;
    return free.reduce<T | undefined>(
      (best, item) => (best === undefined || load(item) < load(best) ? item : best),
      undefined,
    );
  };

  const running = new Set<Promise<void>>();
  while ((waiting.size > 0 && !isEnding()) || running.size > 0) {
    const next = isEnding() || running.size >= overall ? undefined : takeNext();
    if (next === undefined) {
      if (running.size === 0) break;
      await Promise.race([...running].map((promise) => promise.catch(() => undefined)));
      continue;
    }
    waiting.delete(next);
    const key = keyOf(next);
    busy.set(key, (busy.get(key) ?? 0) + 1);
    const job = work(next)
      .then((result) => {
        results.set(next, result);
      })
      .finally(() => {
        busy.set(key, (busy.get(key) ?? 1) - 1);
        running.delete(job);
      });
    job.catch((error: unknown) => failures.push(error));
    running.add(job);
  }
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return items.map((item) => results.get(item) as R);
}
