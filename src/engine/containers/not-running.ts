import type { Call } from '../client.ts';
import { ConflictError } from '../errors.ts';

/** Makes the error for engines that answer as if all were well when the container has ended. */
export function notRunning({ doing, method, path }: Call): ConflictError {
  return new ConflictError(`can't ${doing}: it is not running`, { method, path });
}
