import type { Call } from '../client.ts';
import { ConflictError } from '../errors.ts';

/** For engines that answer as if all was well when the container has ended. */
export function notRunning({ doing, method, path }: Call): ConflictError {
  return new ConflictError(`can't ${doing}: it is not running`, { method, path });
}
