import { FolderNotRemovedError } from '../linux/remove-tree.ts';
import { CleanupError, FolderCleanupError } from './errors.ts';
import type { PlacedFolder } from './sockets/plugin-folder.ts';
import { messageOf } from '../thrown-value.ts';

/**
 * Disposes of the plugin's own folder when its container is gone or was never made. The folder stays when the container
 * could not be removed and may live; the error then names it.
 *
 * @param failure the earlier failure, if any
 * @returns the error to throw, which carries both the earlier failure and that of the folder
 */
export async function disposeAfter<T>(
  failure: T,
  made: Pick<PlacedFolder, 'path' | typeof Symbol.asyncDispose>,
): Promise<T | Error> {
  if (failure instanceof CleanupError) {
    return new CleanupError(failure.containerId, { folder: made.path, cause: failure.cause });
  }
  try {
    await made[Symbol.asyncDispose]();
    return failure;
  } catch (left) {
    const folder = left instanceof FolderNotRemovedError ? left.path : made.path;
    const why = messageOf(left);
    if (failure === undefined) return new FolderCleanupError(folder, why, { cause: left });
    const first = messageOf(failure);
    return new FolderCleanupError(folder, `${first}; besides, ${why}`, {
      cause: new AggregateError([failure, left]),
    });
  }
}
