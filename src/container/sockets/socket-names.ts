import { opendir } from 'node:fs/promises';
import { someOf } from '../../foreign-text.ts';

/** So many names of files are shown. */
const mostShown = 10;
/** A plugin can make any number of files: no more of them than this are counted. */
const mostCounted = 1_000;

export interface SocketNames {
  readonly any: boolean;
  /** Tells people the first names, and how many more there are. */
  readonly text: string;
}

/** What is in a socket directory, which the plugin can write to. Never throws; what it costs does not grow with the plugin. */
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
    // A directory that is gone meanwhile has no names to tell.
  }
  if (counted === 0) return { any: false, text: 'none' };
  const text =
    counted > mostCounted
      ? `${someOf(names)} and more than ${mostCounted - names.length} others`
      : someOf(names, mostShown, counted - names.length);
  return { any: true, text };
}
