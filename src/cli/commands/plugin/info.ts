import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text } from '../../flags.ts';
import { fieldFlag, formatFlag, printFields } from '../../output/document.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { pluginData } from './plugin-data.ts';
import { pluginTypes } from './types.ts';

export const info = command({
  name: 'info',
  summary: 'what is registered of a plugin',
  details: ['Of variables the names are shown, never the values.'],
  examples: ['plugin info secret kv', 'plugin info -version=0.24.0 -field=sha256 secret kv'],
  positionals: [{ name: 'TYPE', complete: pluginTypes }, { name: 'NAME' }],
  flags: {
    version: text(
      'VERSION',
      'this version (default: the pinned one, else the unversioned one, else the highest)',
    ),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ args: [type, name], flags }, context) {
    const { plugins } = await openCatalogs(directoryOf(flags.directory, context));
    printFields(context.terminal, flags, pluginData(await plugins.info(type, name, flags.version)));
    return exitCodes.ok;
  },
});
