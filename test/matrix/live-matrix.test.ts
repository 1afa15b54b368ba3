/**
 * The claim of the whole room, on every engine that is up: what is predicted from facts is what a launch does, in every
 * cell, with a plugin that really locks its memory and calls back through the broker; refused cells are launched by
 * force. The test prints the table.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { cellName, valueOf, gatherEngineFacts, type MatrixRow } from '../../src/compatibility/index.ts';
import { liveMatrix } from '../../src/matrix/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { probe, probeLaunch } from '../compatibility/probe.ts';
import { connectAll, loadOnAll, suites } from '../compatibility/test-engines.ts';

const all = suites();
if (all.size === 0) it('predicts what launches do', { skip: noEngines }, () => undefined);

for (const [suite, testEngines] of all) {
  describe(`every cell on the engines of ${suite}`, () => {
    it(
      'does what is predicted, works wherever it can, and leaves nothing',
      { timeout: 600_000 },
      async (t) => {
        await using connected = await connectAll(testEngines);
        const { engines } = connected;
        const [first] = testEngines;
        assert.ok(first);
        await using parent = await ownSocketParent(first);
        const label = `io.bulkhead.test=${parent.path}`;
        const tables = new Map<string, readonly MatrixRow[]>();
        for (const name of ['go-prober', 'go-prober-locking'] as const) {
          const image = await loadOnAll(engines, name);
          if ('skipped' in image) {
            t.skip(image.skipped);
            return;
          }
          const { cells, summary } = await liveMatrix({
            engines,
            image: image.tag,
            launch: (cell) => probeLaunch(parent.path, cell), // labelled with the folder
            exercise: probe,
          });
          tables.set(name, cells);
          assert.equal(summary.launched, cells.length);
        }
        printTable(t, tables);
        const rows = [...tables.values()].flat();
        assert.deepEqual(rows.filter(({ verdict }) => verdict === 'unknown').map(inWords), []);
        assert.deepEqual(rows.filter(({ agrees }) => agrees !== true).map(inWords), []);

        assert.deepEqual(never(tables), await cannotLock(engines));
        assert.deepEqual(await containersOf(engines, label), []);
        assert.deepEqual(await readdir(parent.path), []);
      },
    );
  });
}

function inWords(row: MatrixRow): string {
  const happened = row.live?.ok === true ? 'worked' : `failed: ${row.live?.error?.message ?? ''}`;
  return `${cellName(row)} was ${row.verdict} (${row.reasons.map(({ rule }) => rule).join(', ')}) and ${happened}`;
}

function printTable(t: TestContext, tables: ReadonlyMap<string, readonly MatrixRow[]>): void {
  const [plain = [], locking = []] = [...tables.values()];
  t.diagnostic(
    '| cell | version | program: predicted | real | ms | with file capability: predicted | real | ms |',
  );
  for (const [index, row] of plain.entries()) {
    const columns = [row, locking[index]].flatMap((each) => [
      each?.verdict,
      each?.live?.ok === true ? 'works' : `fails (${each?.live?.error?.code ?? ''})`,
      each?.live?.milliseconds,
    ]);
    t.diagnostic(`| ${cellName(row)} | ${row.version} | ${columns.join(' | ')} |`);
  }
}

/** Cells that worked with neither program. */
function never(tables: ReadonlyMap<string, readonly MatrixRow[]>): string[] {
  const worked = new Set(
    [...tables.values()]
      .flat()
      .filter(({ live }) => live?.ok)
      .map(cellName),
  );
  const names = new Set([...tables.values()].flat().map(cellName));
  return [...names].filter((name) => !worked.has(name)).sort();
}

/** The one thing that no recipe can mend: locking in a user namespace under a low limit of the engine. */
async function cannotLock(engines: readonly Engine[]): Promise<string[]> {
  const names = new Set<string>();
  for (const engine of engines.filter(({ rootless }) => rootless)) {
    const { memlock, runtimes } = await gatherEngineFacts(engine);
    if (valueOf(memlock)?.hard === 'unlimited') continue;
    for (const runtime of ['runc', 'crun'].filter((name) => name in runtimes)) {
      for (const user of ['root', 'non-root']) names.add(`${engine.kind} rootless ${runtime} ${user} mlock`);
    }
  }
  return [...names].sort();
}

async function containersOf(engines: readonly Engine[], label: string): Promise<string[]> {
  const lists = await Promise.all(
    engines.map((engine) => engine.containers.list({ all: true, filters: { label: [label] } })),
  );
  return lists.flat().map(({ id }) => id);
}
