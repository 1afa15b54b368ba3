import { readFileSync } from 'node:fs';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fieldFlag, formatFlag, printData } from '../output/document.ts';

export const version = command({
  name: 'version',
  summary: 'the versions of Bulkhead and Node.js',
  flags: { field: fieldFlag, format: formatFlag },
  run({ flags }, { terminal }) {
    const data = { bulkhead: packageVersion(), node: process.versions.node };
    const lines = () => [`bulkhead ${data.bulkhead} (Node.js ${data.node})`];
    printData(terminal, flags.format, data, lines, flags);
    return Promise.resolve(exitCodes.ok);
  },
});

export function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
