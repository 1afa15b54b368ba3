/**
 * Disposals of containers that still go on, by the folder that the plugin's own folder lies in. Whoever started a plugin that
 * failed waits for its disposal for a limited time only; whoever owns that folder waits for all of it.
 */
const inProgress = new Map<string, Set<Promise<unknown>>>();

/** Remembers `disposal`, or the making of something that a failure disposes of, until it has ended. @returns the same */
export function noteDisposal<T>(parent: string, disposal: Promise<T>): Promise<T> {
  const noted = inProgress.get(parent) ?? new Set();
  inProgress.set(parent, noted);
  const ended = disposal.then(
    () => {
      forget();
    },
    () => {
      forget();
    }, // told to whoever asked for the disposal
  );
  const forget = (): void => {
    noted.delete(ended);
    if (noted.size === 0 && inProgress.get(parent) === noted) inProgress.delete(parent);
  };
  noted.add(ended);
  return disposal;
}

/** Resolves when no plugin whose own folder lies in `parent` is being disposed of any more. */
export async function disposalsEnded(parent: string): Promise<void> {
  for (;;) {
    const noted = inProgress.get(parent);
    if (noted === undefined) return;
    await Promise.all(noted);
  }
}

/** Who wants to know when something that was left in a folder has gone after all. */
const waiting = new Map<string, () => Promise<void>>();

/**
 * Calls the listener whenever something that was left in `parent` has been removed after all. One for each folder.
 *
 * @returns ends that
 */
export function onLateDisposal(parent: string, listener: () => Promise<void>): () => void {
  waiting.set(parent, listener);
  return () => waiting.delete(parent);
}

/** Tells that something in `parent` was removed that had been left there. */
export async function lateDisposal(parent: string): Promise<void> {
  await waiting.get(parent)?.();
}
