import { text } from '../flags.ts';

/** The engine that a command works on. */
export const engineFlag = text(
  'SOCKET',
  "the engine's socket (default: the first that is found; see doctor)",
  {
    alias: 'socket',
    path: true,
  },
);
