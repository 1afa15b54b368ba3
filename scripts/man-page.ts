/** Writes the manual page, the list of commands that `bulkhead help` prints, and the table of settings in the README of the command line: `npm run man`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { commandTable, summary } from '../src/cli/command-table.ts';
import { packageVersion } from '../src/cli/package-version.ts';
import { overview } from '../src/cli/help.ts';
import { manPage } from '../src/cli/man-page.ts';
import { withSettingsTable } from './settings-table.ts';

writeFileSync('man/bulkhead.1', manPage(commandTable, summary, packageVersion()));
writeFileSync(
  'src/cli/overview-text.ts',
  `/** What \`bulkhead help\` prints, made by \`npm run man\`: making it needs every command. */\nexport const overviewText = \`${overview(commandTable, summary)}\`;\n`,
);

const readme = 'src/cli/README.md';
writeFileSync(readme, withSettingsTable(readFileSync(readme, 'utf8')));
