import { setMaxListeners } from 'node:events';
import { CleanupError, expectsAt } from '../container/index.ts';
import { endAll } from '../waiting/end-all.ts';
import type { HostParts } from './host-parts.ts';
import { noteClosed } from './orphans/labels.ts';

/**
 * Ends what a host runs, then its parts, of which each needs those that end after it. Each is ended whatever happens to
 * another one. @throws the first failure
 */
export async function closeParts(
  { engines, folders, identity, logger, pool, record, singles, watchdog }: HostParts,
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
  engines.abortStarts();
  const isExpected = (await engines.connected()).some(({ socketPath }) => expectsAt(socketPath));
  const [after] = await Promise.allSettled([
    endAll([
      () => engines[Symbol.asyncDispose](),
      () => folders[Symbol.asyncDispose](),
      () => watchdog?.dismiss(),
      () => {
        noteClosed(identity.hostId);
      },
    ]),
  ]);
  const failures = [...ends, after].flatMap((end) =>
    end.status === 'rejected' ? [end.reason as Error] : [],
  );
  // A container whose removal failed once has gone by now, where no engine is asked for it any more.
  const failed = failures.find((failure) => isExpected || !(failure instanceof CleanupError));
  // The record stays when something is left or may still be made, so that gc looks there.
  if (failed !== undefined) throw failed;
  if (isExpected) return;
  await record.remove().catch((error: unknown) => {
    logger.warn('the record of this host could not be removed', { host: identity.hostId, error });
  });
}
