/**
 * Plugins that attack their host, in real containers: after each attack another plugin of the same host is served, the host
 * has kept within its memory, no file outside has changed, and nothing is left.
 *
 * Each attack runs on one service, so that every engine with every runtime has its share; `npm run attacks` runs all of them
 * everywhere, as root and as another user of the container.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { noGo } from '../plugins/go-programs.ts';
import { AttackedHost, type Cell } from './attacked-host.ts';
import { attacks, type Attack } from './attacks.ts';

const everything = process.env['BULKHEAD_ATTACKS'] === 'all';
const only = process.env['BULKHEAD_ATTACKS_ONLY']?.split(',');
const users = ['0:0', '1000:1000'];
/** Beside the second that an attack lasts, engines are slow to start and end containers when they have much to do. */
const limits = { timeout: 180_000 };

const cells = loadEngines().flatMap((testEngine) =>
  testEngine.services
    .filter(({ runtime }) => runtime !== 'crun')
    .map(({ runtime, socket }): Cell => ({ testEngine, runtime, socket })),
);
/** Parts of names such as `docker-rootful runc`, for a run by hand. */
const onlyCells = process.env['BULKHEAD_ATTACKS_CELLS']?.split(',');

function chosen(cell: Cell): { attack: Attack; user: string }[] {
  const place = cells.indexOf(cell);
  return attacks.flatMap((attack, index) => {
    if (only?.includes(attack.name) === false) return [];
    if (!everything && index % cells.length !== place) return [];
    const both = everything ? users : [users[Math.floor(index / cells.length) % 2] ?? '0:0'];
    return (attack.user === undefined ? both : [attack.user]).map((user) => ({ attack, user }));
  });
}

const skip =
  cells.length === 0
    ? noEngines
    : process.geteuid?.() !== 0
      ? 'needs root, to look at everything afterwards'
      : false;

describe('a hostile plugin', { skip, concurrency: 2 }, () => {
  for (const cell of cells) {
    const { testEngine, runtime } = cell;
    const isChosen = onlyCells?.some((part) => `${testEngine.name} ${runtime}`.includes(part)) !== false;
    if (!isChosen || chosen(cell).length === 0) continue;
    describe(`on ${testEngine.suite} ${testEngine.name} with ${runtime}`, { concurrency: 1 }, () => {
      let host: AttackedHost;
      before(async () => {
        host = await AttackedHost.open(cell);
      });
      after(() => host[Symbol.asyncDispose]());

      for (const { attack, user } of chosen(cell)) {
        it(`${attack.title}, as ${user}`, limits, async (t) => {
          const image = await host.image(attack.language);
          if (image === undefined) {
            t.skip(noGo);
            return;
          }
          const outcome = await host.suffer(attack, image, user);
          record({
            attack: attack.name,
            language: attack.language,
            engine: testEngine.name,
            runtime,
            user,
            ...outcome,
          });
          t.diagnostic(`${outcome.said.split('\n', 1)[0] ?? ''}; ${outcome.peakMiB} MiB`);
          assert.deepEqual(outcome.harm, []);
        });
      }

      it('is gone with everything that it had', limits, async () => {
        assert.deepEqual(await host.close(), []);
      });
    });
  }
});

/** A line of JSON for each attack, for tables of what it did. */
function record(row: object): void {
  const path = process.env['BULKHEAD_ATTACKS_REPORT'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(row)}\n`);
}
