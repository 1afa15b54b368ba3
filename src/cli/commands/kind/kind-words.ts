import { builtInNames } from '../../../kinds/well-known.ts';
import type { Words } from '../../command.ts';
import { text, type Flag } from '../../flags.ts';

/** How shells complete the name of a kind: with those that are built in, and those of the usual directory. */
export const kindWords: Words = { words: builtInNames, ask: 'plugin kind list -names' };

/** A flag for a kind of plugins. */
export function kindFlag(summary: string): Flag<string | undefined> {
  return text('KIND', summary, { suggest: kindWords });
}
