import { setMaxListeners } from 'node:events';
import type { HostParts } from './host-parts.ts';

/** Ends what a host runs, then its parts, of which each needs those that end after it. @throws the first failure */
export async function closeParts(
  { engines, folders, pool, singles, watchdog }: HostParts,
  limitMs: number,
): Promise<void> {
  const late = AbortSignal.timeout(limitMs);
  setMaxListeners(0, late); // one listener for each plugin
  const ends = await Promise.allSettled([
    ...pool.mounts.map((mount) => mount.close({ drainMs: Math.ceil(limitMs / 2) })),
    ...pool.instances.map((instance) => pool.stop(instance, 'the host is closing')),
    ...singles.stopAll(late),
  ]);
  await folders.disposalsEnded(); // containers of failed launches too; they need the engine
  await engines[Symbol.asyncDispose]();
  await folders[Symbol.asyncDispose]();
  watchdog?.dismiss();
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}
