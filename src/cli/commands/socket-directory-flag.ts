import { text } from '../flags.ts';

/** Where socket directories of plugins are made. */
export const socketDirectoryFlag = text(
  'DIR',
  "folder for plugins' sockets, which the engine has to see under the same path (default: the system's temporary folder)",
  { path: true },
);
