import type { PluginInfo } from '../../../catalog/index.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { shown, tableLines } from '../../output/table.ts';
import { directoryFlag, directoryOf, openCatalogs, warnOf } from '../directory.ts';
import { listedFields, listedPlugin } from './plugin-data.ts';
import { pluginTypes } from './types.ts';

export const list = command({
  name: 'list',
  summary: 'the plugins that are registered',
  details: [
    'A file that is not an entry, such as a torn one, is named on standard error, and the rest is listed.',
  ],
  examples: ['plugin list', 'plugin list -detailed secret', 'plugin list -format=json'],
  positionals: [{ name: 'TYPE', optional: true, complete: pluginTypes }],
  flags: {
    detailed: toggle('further columns'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ args: [type], flags }, context) {
    const { plugins } = await openCatalogs(directoryOf(flags.directory, context));
    const { entries, damaged } = await plugins.list({ type });
    warnOf(damaged, context.terminal);
    // A field is that of each plugin, which are the rows of the table.
    const data = flags.field === undefined ? dataOf(entries, type) : entries.map(listedPlugin);
    const wanted = { field: flags.field, fields: listedFields };
    printData(context.terminal, flags.format, data, () => linesOf(entries, type, flags.detailed), wanted);
    return exitCodes.ok;
  },
});

/** Vault's form of the list: names by type, then the details of each plugin. */
function dataOf(entries: readonly PluginInfo[], type: string | undefined): unknown {
  const details = entries.map(listedPlugin);
  if (type !== undefined) return { details };
  const types = new Map<string, Set<string>>();
  for (const entry of entries) {
    types.set(entry.type, (types.get(entry.type) ?? new Set()).add(entry.name));
  }
  return { ...Object.fromEntries([...types].map(([each, names]) => [each, [...names]])), details };
}

function linesOf(entries: readonly PluginInfo[], type: string | undefined, detailed: boolean): string[] {
  if (detailed) {
    return tableLines(
      ['Name', 'Type', 'Version', 'Container', 'Deprecation Status'],
      entries.map((entry) => [shown(entry.name), entry.type, shown(entry.version), 'true', 'n/a']),
    );
  }
  if (type !== undefined) {
    return tableLines(
      ['Name', 'Version'],
      entries.map((entry) => [shown(entry.name), shown(entry.version)]),
    );
  }
  return tableLines(
    ['Name', 'Type', 'Version'],
    entries.map((entry) => [shown(entry.name), entry.type, shown(entry.version)]),
  );
}
