/**
 * Removal that goes on after a failed start was reported: whoever waits for a plugin waits for its failure a limited
 * time only, and an engine or a file system may take longer to remove what was made.
 */
import { orAborted, type AbortOption } from '../abort.ts';
import { checkShape } from '../settings/option-shape.ts';
import { messageOf } from '../thrown-value.ts';
import { abortOptions } from './call-options.ts';

const pending = new Set<Promise<unknown>>();

/** Remembers a removal until it has ended. A failure that nobody else learns of becomes a process warning. */
export function noteCleanup(removal: Promise<unknown>): void {
  const ended = removal
    .catch((error: unknown) => {
      warn(`Something of a plugin that did not start could not be removed: ${messageOf(error)}`);
    })
    .finally(() => pending.delete(ended));
  pending.add(ended);
}

/**
 * Resolves when nothing of a plugin that failed to start is being removed any more in this process. A start that fails
 * waits for the removal for some time; an error with `cleanupPending`, or a process warning, says that it goes on.
 * `PluginHost.close` waits for its own.
 *
 * @remarks Abort ends the waiting and rethrows the reason; the removal goes on.
 *
 * @example
 * await launchPlugin(engine, options).catch(report);
 * await cleanupEnded(); // before the process exits
 */
export async function cleanupEnded(options: AbortOption = {}): Promise<void> {
  checkShape('cleanupEnded', abortOptions, options);
  options.signal?.throwIfAborted();
  while (pending.size > 0) await orAborted(Promise.all(pending), options.signal);
}

export function warn(message: string): void {
  process.emitWarning(message, 'BulkheadWarning');
}
