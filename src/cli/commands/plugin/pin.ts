import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { plainText } from '../../output/plain-text.ts';
import { shown, tableLines } from '../../output/table.ts';
import { UsageError } from '../../usage-error.ts';
import { directoryFlag, directoryOf, openCatalogs, warnOf } from '../directory.ts';
import { pluginTypes } from './types.ts';

export const pin = command({
  name: 'pin',
  summary: 'let one version run wherever no version is asked for; without arguments, list the pins',
  details: ["Takes effect with the next start or reload. A pinned version can't be deregistered."],
  examples: ['plugin pin secret kv 0.24.0', 'plugin pin -remove secret kv', 'plugin pin'],
  positionals: [
    { name: 'TYPE', optional: true, complete: pluginTypes },
    { name: 'NAME', optional: true },
    { name: 'VERSION', optional: true },
  ],
  flags: {
    remove: toggle('remove the pin'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ args: [type, name, version], flags }, context) {
    const { terminal, signal } = context;
    const { plugins } = await openCatalogs(directoryOf(flags.directory, context));
    if (type === undefined) {
      if (flags.remove) throw new UsageError('TYPE and NAME of the pin to remove are missing');
      const { entries, damaged } = await plugins.pins();
      warnOf(damaged, terminal);
      const lines = () =>
        tableLines(
          ['Name', 'Type', 'Version'],
          entries.map((entry) => [shown(entry.name), shown(entry.type), shown(entry.version)]),
        );
      const fields = ['type', 'name', 'version'];
      printData(terminal, flags.format, entries, lines, { field: flags.field, fields });
      return exitCodes.ok;
    }
    if (name === undefined) throw new UsageError('NAME is missing');
    if (flags.field !== undefined)
      throw new UsageError('-field is for the list of pins, without TYPE and NAME');
    if (flags.remove) {
      if (version !== undefined) throw new UsageError('-remove takes no VERSION: a name has one pin');
      const existed = await plugins.unpin(type, name, { signal });
      terminal.out(
        plainText(
          existed
            ? `Success! Removed the pin of ${type} plugin: ${name}`
            : `${type} plugin ${name} is not pinned`,
        ),
      );
      return exitCodes.ok;
    }
    if (version === undefined) throw new UsageError('VERSION is missing');
    const pinned = await plugins.pin(type, name, version, { signal });
    terminal.out(plainText(`Success! Pinned ${type} plugin ${name} to version ${pinned.version}`));
    return exitCodes.ok;
  },
});
