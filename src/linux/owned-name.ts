/** Names of the folders that hosts make for sockets, by which other rooms know them. */
import { basename } from 'node:path';

/** Begins the name of a folder that says in a file whose it is. */
export const ownedPrefix = 'bulkhead-h-';
/** Begins the name of one that is being made or removed: the name says whose it is, until and after the file does. */
export const passingPrefix = 'bulkhead-n-';

export function isOwnedFolder(path: string): boolean {
  return basename(path).startsWith(ownedPrefix);
}
