import { resolve } from 'node:path';
import { text, type Flag } from '../flags.ts';

/**
 * Flag for the parent of plugins' socket directories. It must be absolute, because the engine has another working
 * directory.
 */
export const socketDirectoryFlag: Flag<string | undefined> = {
  ...text(
    'DIR',
    "folder for plugins' sockets, which the engine has to see under the same path (default: the system's temporary folder)",
    { path: true },
  ),
  convert(given) {
    const last = given.at(-1);
    return last === undefined ? undefined : resolve(last);
  },
};
