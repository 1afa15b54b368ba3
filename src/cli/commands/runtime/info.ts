import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { choice } from '../../flags.ts';
import { fieldFlag, formatFlag, printFields } from '../../output/document.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { runtimeData } from './runtime-data.ts';

export const info = command({
  name: 'info',
  summary: 'the settings of a plugin runtime',
  examples: ['plugin runtime info gvisor', 'plugin runtime info -field=oci_runtime gvisor'],
  positionals: [{ name: 'NAME' }],
  flags: {
    type: choice(['container'], 'kind of runtime'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ args: [name], flags }, context) {
    const { runtimes } = await openCatalogs(directoryOf(flags.directory, context));
    printFields(context.terminal, flags, runtimeData(await runtimes.info(name)));
    return exitCodes.ok;
  },
});
