/** Keeps ACCEPTANCE.md true: every scenario has a line, and every test that a line names is there. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

test('every scenario names tests that exist, or says why it does not apply', async () => {
  const rows = (await readFile(new URL('ACCEPTANCE.md', import.meta.url), 'utf8'))
    .split('\n')
    .filter((line) => /^\| B?\d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const numbers = rows.map(([, number = '']) => number);
  const scenarios = Array.from({ length: 63 }, (_, index) => String(index + 1));
  assert.deepEqual(
    numbers.filter((number) => !number.startsWith('B')),
    scenarios,
  );
  assert.ok(numbers.length >= 63 + 14, 'bad input has a line each');
  for (const [, number = '', scenario = '', tests = ''] of rows) {
    assert.notEqual(scenario, '', `line ${number} says what it is about`);
    assert.ok(tests.length > 0, `line ${number} names tests, or says why there are none`);
    for (const [, file = '', name = ''] of tests.matchAll(
      /([\w/-]+) › (.*?)(?=; [\w/-]+ › |; [^;]*: [\w/-]+ › |$)/g,
    )) {
      const source = await readFile(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
      assert.ok(source.includes(name), `line ${number}: ${file} has a test with ${JSON.stringify(name)}`);
    }
    if (!tests.includes('›')) assert.match(tests, /^does not apply: /, `line ${number}`);
  }
});
