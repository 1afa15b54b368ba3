/** Names of the folders that hosts make for sockets, by which other rooms recognise them. */
import { basename } from 'node:path';

/** Prefix of the name of a folder that holds a file naming its owner. */
export const ownedPrefix = 'bulkhead-h-';
/** Prefix of the name of a folder that is being made or removed: its name says who owns it while its file does not. */
export const passingPrefix = 'bulkhead-n-';

export function isOwnedFolder(path: string): boolean {
  return basename(path).startsWith(ownedPrefix);
}
