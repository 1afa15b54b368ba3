import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion, versionLine } from '../package-version.ts';
import { fieldFlag, formatFlag, printData } from '../output/document.ts';

export const version = command({
  name: 'version',
  summary: 'the versions of Bulkhead and Node.js',
  flags: { field: fieldFlag, format: formatFlag },
  run({ flags }, { terminal }) {
    const data = { bulkhead: packageVersion(), node: process.versions.node };
    const lines = () => [versionLine()];
    printData(terminal, flags.format, data, lines, flags);
    return Promise.resolve(exitCodes.ok);
  },
});
