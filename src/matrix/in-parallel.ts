export interface Parallelism<T> {
  /** The resource that an item's work puts load on, such as its engine. */
  readonly keyOf: (item: T) => unknown;
  /** Number of items of one key at the same time. */
  readonly perKey: number;
  /** Number of items at the same time. */
  readonly overall: number;
  /** Abort starts no further item; what has begun is waited for. */
  readonly signal: AbortSignal;
}

/**
 * Does the work of all items, several at a time, and returns the results in the order of the items. Keys take turns, so
 * that no engine waits while another has all the work. After a failure no further item is begun.
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
