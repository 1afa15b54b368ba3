import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { choice } from '../../flags.ts';
import { fieldFlag, formatFlag, printData } from '../../output/document.ts';
import { shown, tableLines } from '../../output/table.ts';
import { directoryFlag, directoryOf, openCatalogs, warnOf } from '../directory.ts';
import { runtimeData, runtimeFieldNames } from './runtime-data.ts';

export const list = command({
  name: 'list',
  summary: 'the plugin runtimes that are registered',
  examples: ['plugin runtime list', 'plugin runtime list -format=json'],
  flags: {
    type: choice(['container'], 'kind of runtime'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ flags }, context) {
    const { runtimes } = await openCatalogs(directoryOf(flags.directory, context));
    const { entries, damaged } = await runtimes.list();
    warnOf(damaged, context.terminal);
    const lines = () =>
      tableLines(
        ['Name', 'Type', 'OCI Runtime', 'Parent Cgroup', 'CPU Nanos', 'Memory Bytes'],
        entries.map((entry) => [
          entry.name,
          entry.type,
          shown(entry.ociRuntime),
          shown(entry.cgroupParent),
          shown(entry.cpuNanos ?? 0),
          shown(entry.memoryBytes ?? 0),
        ]),
      );
    printData(context.terminal, flags.format, entries.map(runtimeData), lines, {
      field: flags.field,
      fields: runtimeFieldNames,
    });
    return exitCodes.ok;
  },
});
