import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { plainText } from '../../output/plain-text.ts';
import { shown, tableLines } from '../../output/table.ts';
import { directoryFlag, directoryOf, openCatalogs, warnOf } from '../directory.ts';
import { builtInKinds, kindFieldNames, registeredKind } from './kind-data.ts';

export const list = command({
  name: 'list',
  summary: 'the kinds of plugins: those that are registered here, and those that are built in',
  details: [
    'A file that is not a kind, such as a torn one, is named on standard error, and the rest is listed. Kinds whose plugins can not be run are listed with the reason.',
  ],
  examples: ['plugin kind list', 'plugin kind list -format=json'],
  flags: {
    names: toggle('only the names, one in each line'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ flags }, context) {
    const { terminal } = context;
    const { kinds } = await openCatalogs(directoryOf(flags.directory, context));
    const { entries, damaged } = await kinds.list();
    warnOf(damaged, terminal);
    const registered = entries.map(registeredKind);
    const builtIn = (await builtInKinds()).filter(
      ({ name }) => !entries.some((entry) => entry.name === name),
    );
    const all = [...registered, ...builtIn];
    if (flags.names) {
      for (const { name, refused } of all) if (refused === '') terminal.out(plainText(name));
      return exitCodes.ok;
    }
    const lines = () =>
      tableLines(
        ['Name', 'Built in', 'Protocol', 'Sharing', 'Probe', 'What'],
        all.map(({ name, builtin, protocol_versions, sharing, probe, what, refused }) => [
          shown(name),
          String(builtin),
          protocol_versions.join(', '),
          sharing,
          probe,
          shown(refused === '' ? what : `${what}; not run: ${refused}`),
        ]),
      );
    printData(terminal, flags.format, all, lines, { field: flags.field, fields: kindFieldNames });
    return exitCodes.ok;
  },
});
