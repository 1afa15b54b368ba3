import { opendir } from 'node:fs/promises';
import { someOf } from '../../foreign-text.ts';

/** Number of file names that are shown. */
const mostShown = 10;
/** Number of files that are counted at most, because a plugin can make any number of them. */
const mostCounted = 1_000;

export interface SocketNames {
  readonly any: boolean;
  /** The first names, and how many more there are, for people. */
  readonly text: string;
}

/**
 * Lists a socket directory, which the plugin can write to. Never throws. Its cost is bounded, however much the plugin
 * wrote.
 */
export async function socketNames(directory: string): Promise<SocketNames> {
  const names: string[] = [];
  let counted = 0;
  try {
    for await (const { name } of await opendir(directory)) {
      counted += 1;
      if (names.length < mostShown) names.push(name);
      if (counted > mostCounted) break;
    }
  } catch {
    // A directory that has been removed in the meantime has no names.
  }
  if (counted === 0) return { any: false, text: 'none' };
  const text =
    counted > mostCounted
      ? `${someOf(names)} and more than ${mostCounted - names.length} others`
      : someOf(names, mostShown, counted - names.length);
  return { any: true, text };
}
