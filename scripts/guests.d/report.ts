/** Keeps what guests have left in test/guests/results, and writes the report and the README's table of hosts from all results. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { condense } from '../../test/guests/condense.ts';
import { begin, end, guestReport, hostsSection } from '../../test/guests/report.ts';
import { guestResults } from '../../test/guests/results.ts';

const [reports] = process.argv.slice(2);
if (reports === undefined) throw new Error('usage: report.ts FOLDER');
const kept = 'test/guests/results';
for (const guest of existsSync(reports) ? await readdir(reports) : []) {
  const folder = join(reports, guest);
  // A guest in which only other commands were run has left no cells.
  if (!(await readdir(folder)).some((name) => name.startsWith('cells-'))) continue;
  const text = JSON.stringify(await condense(folder));
  await writeFile(join(kept, `${guest}.json`), await format(text, { parser: 'json', printWidth: 110 }));
}
const results = await guestResults(kept);
await writeFile('test/guests/REPORT.md', await guestReport(results));
const readme = await readFile('README.md', 'utf8');
const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
if (from === -1 || to < from) throw new Error('the README lacks the marks of the table of hosts');
await writeFile(
  'README.md',
  readme.replace(readme.slice(from, to + end.length), await hostsSection(results)),
);
