/** ERRORS.md says what the table of codes says. To write it anew: `UPDATE_ERRORS=1 node --import tsx --test test/errors-page.test.ts`. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { format, resolveConfig } from 'prettier';
import { exitCodeOf } from '../src/cli/exit-codes.ts';
import {
  blameMeanings,
  BulkheadError,
  errorCodeEntry,
  errorCodes,
  type Blame,
  type ErrorCode,
} from '../src/errors.ts';

const begin = '<!-- made from src/error-codes.ts by test/errors-page.test.ts -->';
const end = '<!-- end of what is made -->';
const codes = Object.keys(errorCodes) as ErrorCode[];

async function madeTables(): Promise<string> {
  const blames = Object.entries(blameMeanings).map(([blame, meaning]) => {
    const example = codes.find((code) => errorCodes[code].blames === (blame as Blame));
    assert.ok(example !== undefined, `no code blames ${blame}`);
    return `| ${blame} | ${meaning} | ${exitCodeOf(new BulkheadError(example, ''))} |`;
  });
  const rows = codes.map((code) => {
    const { blames, transient, meaning } = errorCodeEntry(code);
    return `| \`${code}\` | ${blames}${transient === true ? ' ¹' : ''} | ${meaning} |`;
  });
  const text = [
    begin,
    '',
    ...['| `blames` | meaning | exit code |', '| --- | --- | --- |', ...blames],
    '',
    ...['| code | blames | meaning |', '| --- | --- | --- |', ...rows],
    '',
    end,
  ].join('\n');
  return (await format(text, { ...(await resolveConfig('ERRORS.md')), parser: 'markdown' })).trimEnd();
}

it('the page of errors has every code, with what it blames and means', async () => {
  const page = await readFile('ERRORS.md', 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  assert.ok(from !== -1 && to > from, 'the page has the two marks');
  const present = page.slice(from, to + end.length);
  const made = await madeTables();
  if (process.env['UPDATE_ERRORS'] === '1')
    await writeFile(
      'ERRORS.md',
      page.replace(present, () => made),
    );
  else assert.equal(present, made);
});
