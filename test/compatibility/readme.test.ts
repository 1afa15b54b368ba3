/** The README says what the rules say. To write it anew: `UPDATE_README=1 node --import tsx --test test/compatibility/readme.test.ts`. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { begin, end, readmeMatrix } from './readme-matrix.ts';

it('has the matrix that the rules make', async () => {
  const text = await readFile('README.md', 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  assert.ok(from !== -1 && to > from, 'the README has the two marks');
  const present = text.slice(from, to + end.length);
  const made = await readmeMatrix();
  if (process.env['UPDATE_README'] === '1') await writeFile('README.md', text.replace(present, made));
  else assert.equal(present, made);
});
