/** The table of limits in the README is that of the code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { imageLimits } from '../../src/compatibility/image/limits.ts';

it('every limit on what is read of an image stands in the README, with its number and its reason', () => {
  const readme = readFileSync('src/compatibility/README.md', 'utf8').replaceAll(/ +/g, ' ');
  for (const [name, { most, why }] of Object.entries(imageLimits)) {
    const row = `| \`${name}\` | ${most.toLocaleString('en-US')} | ${why} |`;
    assert.ok(readme.includes(row), row);
  }
});
