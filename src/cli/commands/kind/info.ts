import { lazyModules } from '../../lazy-modules.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { fieldFlag, formatFlag, printFields } from '../../output/document.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { builtInKinds, registeredKind } from './kind-data.ts';
import { kindWords } from './kind-words.ts';

export const info = command({
  name: 'info',
  summary:
    'how plugins of a kind are started: cookie, protocol versions, sharing, and where these are declared',
  examples: ['plugin kind info terraform-provider', 'plugin kind info -field=cookie greeter'],
  positionals: [{ name: 'NAME', complete: kindWords }],
  flags: { field: fieldFlag, format: formatFlag, directory: directoryFlag },
  async run({ args: [name], flags }, context) {
    const { kinds } = await openCatalogs(directoryOf(flags.directory, context));
    const entry = await kinds.find(name);
    const builtIn = await builtInKinds();
    const kind = entry === undefined ? builtIn.find((each) => each.name === name) : registeredKind(entry);
    if (kind === undefined) {
      const names = [...(await kinds.list()).entries, ...builtIn].map((each) => each.name);
      const { EntryNotFoundError } = await lazyModules.catalog();
      throw new EntryNotFoundError(`kind ${JSON.stringify(name)}`, names);
    }
    printFields(context.terminal, flags, { ...kind });
    return exitCodes.ok;
  },
});
