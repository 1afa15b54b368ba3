/** The report and the README say what the results say: `scripts/guests report` writes them anew. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { begin, end, guestReport, hostsSection } from './report.ts';
import { agreementOf, guestResults, type GuestCell } from './results.ts';

const results = await guestResults('test/guests/results');

describe('the report of what was launched in guests', () => {
  it('is made from the results that are kept', async () => {
    assert.equal(await readFile('test/guests/REPORT.md', 'utf8'), await guestReport(results));
  });

  it('is summed up in the README', async () => {
    const text = await readFile('README.md', 'utf8');
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    assert.ok(from !== -1 && to > from, 'the README has the two marks');
    assert.equal(text.slice(from, to + end.length), await hostsSection(results));
  });

  it('tells apart what was wrongly promised, wrongly refused, and not predicted', () => {
    const cell = (verdict: GuestCell['verdict'], happened: GuestCell['happened']) =>
      agreementOf({
        ...({ engine: 'podman', mode: 'rootful', version: '5', runtime: 'crun', user: 'root' } as const),
        ...{ mlock: false, rules: [], verdict, happened },
      });
    assert.equal(cell('works', 'works'), 'agrees');
    assert.equal(cell('works', 'fails'), 'false yes');
    assert.equal(cell('refused', 'fails'), 'agrees');
    assert.equal(cell('refused', 'works'), 'false no');
    assert.equal(cell('unknown', 'works'), 'unknown');
    assert.equal(cell('works', 'not launched'), 'not launched');
  });
});
