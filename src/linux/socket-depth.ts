/** How much longer the paths of sockets are than the path of the folder that the user names. */
import { ownedPrefix } from './owned-name.ts';

/** The characters that `mkdtemp` appends to the name of a folder. */
const madeUnique = 'XXXXXX';

/** Prefix of the name of a plugin's folder. */
export const pluginFolderPrefix = 'bulkhead-';

/** Bytes for the names of the folders in it and of sockets: `/s/plugin` and up to ten digits, with a margin. */
const roomForSocketName = 24;

/** Bytes that a host's own folder adds; the folders of plugins are made in it. */
const ownedFolderBytes = `/${ownedPrefix}${madeUnique}`.length;

/** Most bytes that the path of a socket adds to the folder in which the folder of a plugin is made. */
const pluginFolderBytes = `/${pluginFolderPrefix}${madeUnique}`.length + roomForSocketName;

/**
 * Returns the most bytes that the path of a socket adds to that of the user's folder.
 *
 * @param ownedFolder whether the folder of the plugin is made in one that a host makes for all of its plugins
 */
export function bytesBelow({ ownedFolder }: { readonly ownedFolder: boolean }): number {
  return pluginFolderBytes + (ownedFolder ? ownedFolderBytes : 0);
}
