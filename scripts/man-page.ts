/** Writes the manual page, and the table of settings in the README of the command line: `npm run man`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { commandTable, summary } from '../src/cli/command-table.ts';
import { packageVersion } from '../src/cli/commands/version.ts';
import { manPage } from '../src/cli/man-page.ts';
import { withSettingsTable } from './settings-table.ts';

writeFileSync('man/bulkhead.1', manPage(commandTable, summary, packageVersion()));

const readme = 'src/cli/README.md';
writeFileSync(readme, withSettingsTable(readFileSync(readme, 'utf8')));
