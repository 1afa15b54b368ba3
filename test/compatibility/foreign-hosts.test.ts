/** Hosts that are not here, from files of facts: what the matrix says of them is what was measured on such hosts. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import {
  assumedImage,
  cellName,
  dryMatrix,
  factsFile,
  parseFacts,
  unmetCells,
  type CellFilter,
  type MatrixFacts,
  type MatrixRow,
} from '../../src/compatibility/index.ts';
import type { GuestResult } from '../guests/results.ts';

async function recorded(name: string): Promise<MatrixFacts> {
  return parseFacts(await readFile(new URL(`facts/${name}.json`, import.meta.url), 'utf8'));
}

const withCapability = assumedImage({ architecture: 'amd64', lockingCapability: true });

async function rowsOf(
  name: string,
  filter: CellFilter = {},
  image?: MatrixFacts['image'],
): Promise<readonly MatrixRow[]> {
  const facts = await recorded(name);
  return dryMatrix({ ...facts, image: image ?? facts.image }, { filter }).cells;
}

function refused(rows: readonly MatrixRow[]): string[] {
  return rows
    .filter(({ verdict }) => verdict !== 'works')
    .map((row) => `${cellName(row)}: ${row.verdict} by ${row.reasons.map(({ rule }) => rule).join()}`);
}

describe('a matrix of facts from a file', () => {
  it('Docker 29: everything but mlock as another user without the file capability', async () => {
    assert.deepEqual(refused(await rowsOf('docker-29-rootful')), [
      'docker rootful runc non-root mlock: refused by mlock-program-capability',
      'docker rootful crun non-root mlock: refused by mlock-program-capability',
    ]);
  });

  it('Debian forky: what was launched there is what is predicted from its facts', async () => {
    const launched = JSON.parse(await readFile('test/guests/results/forky.json', 'utf8')) as GuestResult;
    const rows = [
      ...(await rowsOf('debian-forky', { mlock: [false] })),
      ...(await rowsOf('debian-forky', { mlock: [true] }, withCapability)),
    ];
    const rootful = launched.cells.filter(({ mode }) => mode === 'rootful');
    assert.ok(rootful.length > 0);
    for (const cell of rootful) {
      const predicted = rows.find((row) => cellName(row) === cellName(cell))?.verdict;
      assert.equal(predicted === 'works', cell.happened === 'works', cellName(cell));
    }
  });

  it('Docker 29: with the file capability, and no-new-privileges all the same', async () => {
    const rows = await rowsOf('docker-29-rootful', { mlock: [true] }, withCapability);
    assert.deepEqual(refused(rows), []);
    assert.ok(rows.every(({ strategy }) => strategy.noNewPrivileges));
  });

  it('Podman 6: everything, each runtime by the same service, without a limit on processes where there is no controller', async () => {
    const rows = await rowsOf('podman-6-rootful');
    assert.deepEqual(refused(rows), []);
    assert.equal(rows.length, 12);
    for (const { strategy } of rows) assert.deepEqual([strategy.service, strategy.pidsLimit], ['given', 0]);
  });

  it('rootless engines under systemd whose limit is lifted: mlock works without any capability', async () => {
    const rows = await rowsOf('systemd-rootless-unlimited', { runtime: ['runc', 'crun'] });
    assert.deepEqual(refused(rows), []);
    for (const { strategy } of rows) assert.deepEqual(strategy.capabilities, []);
    assert.deepEqual(
      new Set(rows.filter(({ strategy }) => strategy.service === 'own-podman').map(cellName)),
      new Set(
        ['root', 'root mlock', 'non-root', 'non-root mlock'].map((user) => `podman rootless runc ${user}`),
      ),
    );
  });

  it('the same with the usual limit: no mlock, and limits that are enforced', async () => {
    const rows = await rowsOf('systemd-rootless-8-mib', { runtime: ['runc', 'crun'] });
    assert.ok(rows.every(({ mlock, verdict }) => verdict === (mlock ? 'refused' : 'works')));
    assert.ok(rows.every(({ strategy }) => strategy.pidsLimit === 512));
  });

  it('a distribution whose runsc nobody set up: the flag, and setfacl, are asked for', async () => {
    const [row] = await rowsOf('distribution-docker', {
      runtime: ['runsc'],
      user: ['non-root'],
      mlock: [false],
    });
    assert.deepEqual(
      row?.reasons.map(({ rule }) => rule),
      ['runsc-host-uds', 'socket-acl'],
    );
    assert.match(row.reasons[0]?.remedy ?? '', /--host-uds=all.*daemon\.json/);
    assert.match(row.reasons[1]?.remedy ?? '', /apt-get install acl/);
    const locking = await rowsOf('distribution-docker', { runtime: ['runc'], mlock: [true] });
    assert.deepEqual(refused(locking), []);
  });
});

describe('hosts of distributions that are not here, from what is documented, or was asked there', () => {
  it('Fedora: Podman with crun works, labelled and confined; runsc would have no label', async () => {
    const rows = await rowsOf('fedora-42-selinux', { runtime: ['crun'], mlock: [false] });
    assert.deepEqual(refused(rows), []);
    for (const { strategy } of rows) {
      assert.deepEqual(strategy.selinux, { label: 'own', relabel: true, labelSockets: true });
      assert.equal(strategy.brokerMultiplex, undefined);
    }
  });

  it('Debian 13, as its policy answered: rootful Podman works; rootless, in the domain of its user, can not write', async () => {
    const rows = await rowsOf('debian-13-selinux', { runtime: ['crun'], mlock: [false], user: ['non-root'] });
    assert.deepEqual(refused(rows), ['podman rootless crun non-root: refused by selinux-output']);
  });

  it('RHEL 9: rootless Podman with crun works, in the domain of container engines', async () => {
    const rows = await rowsOf('rhel-9-selinux-rootless', { runtime: ['crun'], mlock: [false] });
    assert.deepEqual(refused(rows), []);
    assert.ok(rows.every(({ strategy }) => strategy.selinux?.relabel === true));
  });

  it('Ubuntu 24.04: the Podman of its package starts where it has to, and one in /usr/local does not', async () => {
    const filter = { runtime: ['crun', 'runc'], mlock: [false] };
    assert.deepEqual(refused(await rowsOf('ubuntu-24.04-rootless', filter)), []);
    const rows = await rowsOf('ubuntu-24.04-own-podman', filter);
    assert.deepEqual(refused(rows), [
      'podman rootless runc root: refused by userns-apparmor',
      'podman rootless runc non-root: refused by userns-apparmor',
    ]);
    const [runc] = rows.filter(({ runtime }) => runtime === 'runc');
    assert.match(runc?.reasons[0]?.remedy ?? '', /\/etc\/apparmor\.d\/podman\.local/);
  });
});

describe('a file of facts', () => {
  it('is read as it was written', async () => {
    const facts = await recorded('podman-6-rootful');
    assert.deepEqual(parseFacts(JSON.stringify(factsFile(facts))), facts);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['what is no JSON', '{', /not JSON/],
    ['another format', '{"format": 2}', /format: must be 1/],
    ['an unknown engine', '{"format": 1, "host": {}, "engines": []}', /host/],
  ];
  for (const [what, text, message] of wrong) {
    it(`is refused with the place of the fault: ${what}`, () => {
      assert.throws(() => parseFacts(text), { code: 'FACTS_INVALID', message });
    });
  }
});

it('says which of the cells that somebody counts on do not work', async () => {
  const rows = await rowsOf('docker-29-rootful');
  const required = [
    { engine: 'docker', runtime: 'runsc', mlock: true },
    { engine: 'docker', runtime: 'runc', user: 'non-root', mlock: true },
    { engine: 'podman' },
  ] as const;
  assert.deepEqual(unmetCells(required, rows), required.slice(1));
});
