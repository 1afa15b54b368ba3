/** Keeps CHECKLIST.md true: every test that it names is there. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

test('every line of the checklist names tests that exist, in both roles', async () => {
  const rows = (await readFile(new URL('CHECKLIST.md', import.meta.url), 'utf8'))
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  assert.ok(rows.length >= 24, `${rows.length} lines`);
  for (const [, number = '', , host = '', plugin = ''] of rows) {
    for (const cell of [host, plugin]) {
      assert.notEqual(cell, '', `line ${number} says something for both roles`);
      for (const named of cell.split('; ').filter((each) => each.includes('›'))) {
        const [file = '', name = ''] = named.replace(/ \(Go\)$/, '').split(' › ');
        const source = await readFile(new URL(`${file}.test.ts`, import.meta.url), 'utf8');
        assert.ok(source.includes(name), `line ${number}: ${file} has a test with ${JSON.stringify(name)}`);
      }
    }
  }
});
