/** Writes the manual page: `npm run man`. */
import { writeFileSync } from 'node:fs';
import { commandTable, summary } from '../src/cli/command-table.ts';
import { packageVersion } from '../src/cli/commands/version.ts';
import { manPage } from '../src/cli/man-page.ts';

writeFileSync('man/bulkhead.1', manPage(commandTable, summary, packageVersion()));
