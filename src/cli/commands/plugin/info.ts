import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text, toggle } from '../../flags.ts';
import { fieldFlag, formatFlag, printFields } from '../../output/document.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { pluginData } from './plugin-data.ts';
import { pluginTypes } from './types.ts';

export const info = command({
  name: 'info',
  summary: 'show what is registered about a plugin',
  details: [
    'Of variables the names are shown, never the values. Of arguments the number is shown, because they may hold secrets; -show_args shows them.',
  ],
  examples: ['plugin info secret kv', 'plugin info -version=0.24.0 -field=sha256 secret kv'],
  positionals: [{ name: 'TYPE', complete: pluginTypes }, { name: 'NAME' }],
  flags: {
    version: text(
      'VERSION',
      'this version (default: the pinned one, else the unversioned one, else the highest)',
    ),
    show_args: toggle('show the arguments too, which may hold secrets'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ args: [type, name], flags }, context) {
    const { plugins } = await openCatalogs(directoryOf(flags.directory, context));
    const info = await plugins.info(type, name, flags.version);
    const args = flags.show_args ? (await plugins.resolve(type, name, flags.version)).args : undefined;
    printFields(context.terminal, flags, pluginData(info, args));
    return exitCodes.ok;
  },
});
