/** How much longer than the path of a folder that the user names are the paths of the sockets below it. */
import { ownedPrefix } from './owned-name.ts';

/** `mkdtemp` ends the name of a folder with so many characters. */
const madeUnique = 'XXXXXX';

/** Begins the name of the folder of one plugin. */
export const pluginFolderPrefix = 'bulkhead-';

/** Room for the names of the folders in it and of sockets: `/s/plugin` and up to ten digits, with a margin. */
const roomForSocketName = 24;

/** Bytes that a host's own folder adds: those of one plugin are made in it. */
const ownedFolderBytes = `/${ownedPrefix}${madeUnique}`.length;

/** Bytes of the longest path of a socket below the folder in which the folder of a plugin is made. */
const pluginFolderBytes = `/${pluginFolderPrefix}${madeUnique}`.length + roomForSocketName;

/**
 * Bytes that the path of a socket has at most after that of the user's folder.
 *
 * @param ownedFolder whether the folder of the plugin is made in one that a host makes for all of its plugins
 */
export function bytesBelow({ ownedFolder }: { readonly ownedFolder: boolean }): number {
  return pluginFolderBytes + (ownedFolder ? ownedFolderBytes : 0);
}
