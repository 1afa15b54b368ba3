/** The report and the README say what the results say: `scripts/guests report` writes them anew. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { condense } from './condense.ts';
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

  it('has the newest of what was launched more than once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bh-'));
    const report = async (name: string, seconds: number, runtime: string, ok: boolean) => {
      const cell = { engine: 'podman', mode: 'rootful', version: '5', runtime, user: 'root', mlock: false };
      const file = join(folder, `cells-${name}.json`);
      await writeFile(
        file,
        JSON.stringify({ cells: [{ ...cell, verdict: 'works', reasons: [], live: { ok } }] }),
      );
      await utimes(file, seconds, seconds);
    };
    try {
      await writeFile(join(folder, 'host.json'), '{}');
      await report('root', 1, 'crun', false);
      await report('root-2', 2, 'crun', true);
      await report('guest', 3, 'runc', true);
      const { cells } = await condense(folder);
      assert.deepEqual(
        cells.map(({ runtime, happened }) => `${runtime} ${happened}`),
        ['crun works', 'runc works'],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has what was tried beside the cells, and of what was tried twice the failure', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bh-'));
    const check = {
      check: 'out of memory',
      on: 'docker rootful runc',
      wanted: 'told',
      seen: 'exit code 137',
      ok: false,
    };
    try {
      await writeFile(join(folder, 'host.json'), JSON.stringify(results[0]?.host));
      const lines = [check, { ...check, seen: 'told', ok: true }].map((each) => `${JSON.stringify(each)}\n`);
      await writeFile(join(folder, 'checks-memory.jsonl'), lines.join(''));
      const result = await condense(folder);
      assert.deepEqual(result.checks, [check]);
      assert.match(
        await guestReport([result]),
        /\| out of memory +\| docker rootful runc +\| told +\| `exit code 137` +\| no/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
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
