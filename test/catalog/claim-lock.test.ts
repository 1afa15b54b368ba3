/** The lock between processes, where its holders can't all be seen. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { acquireClaim } from '../../src/catalog/store/claim-lock.ts';
import { thisProcess } from '../../src/linux/process-identity.ts';
import { systemError, withoutPauses, withReplaced } from './replaced-calls.ts';

const { bootId, machineId, pidNamespace, pid, startTime } = thisProcess();
const noProcess = String(2 ** 22 + 1);

async function withClaim(
  parts: readonly (string | number)[],
  test: (folder: string, claim: string) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    const claim = join(folder, parts.join('_'));
    await writeFile(claim, '');
    await test(folder, claim);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function old(claim: string): Promise<void> {
  const minutesAgo = new Date(Date.now() - 120_000);
  await utimes(claim, minutesAgo, minutesAgo);
}

const unseen: readonly [string, readonly (string | number)[]][] = [
  ['in another namespace of process ids', [bootId, '1', noProcess, startTime, 'id', machineId]],
  ['on another machine', ['another', pidNamespace, noProcess, startTime, 'id', 'ffffffffffffffff']],
];

for (const [where, parts] of unseen) {
  it(`is held by a young claim of a process ${where}`, () =>
    withClaim(parts, async (folder, claim) => {
      await assert.rejects(acquireClaim(folder, { waitMs: 0 }), { code: 'CATALOG_LOCKED' });
      assert.deepEqual(await readdir(folder), [parts.join('_')], 'the claim stays, and ours is taken back');
      await old(claim);
      const release = await acquireClaim(folder, { waitMs: 0 });
      await release();
      assert.deepEqual(await readdir(folder), []);
    }));
}

it('is held by a living process for however long', () =>
  withClaim([bootId, pidNamespace, pid, startTime, 'id', machineId], async (folder, claim) => {
    await old(claim);
    await assert.rejects(acquireClaim(folder, { waitMs: 0 }), { code: 'CATALOG_LOCKED' });
  }));

it('is not held by a dead process', () =>
  withClaim([bootId, pidNamespace, noProcess, startTime, 'id', machineId], async (folder) => {
    await (
      await acquireClaim(folder, { waitMs: 0 })
    )();
    assert.deepEqual(await readdir(folder), []);
  }));

it('is given back by a claim that can be removed only later, which keeps nobody out until then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    const release = await acquireClaim(folder, { waitMs: 0 });
    const readOnly = () => Promise.reject(systemError('EROFS'));
    await withReplaced({ rm: readOnly }, async () => {
      await release();
      assert.equal((await readdir(folder)).length, 1, 'it is there still');
      const again = await acquireClaim(folder, { waitMs: 0 });
      await again();
    });
    // Until both have gone: the limit of the test ends it.
    while ((await readdir(folder)).length > 0) await delay(10);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('tries to remove a claim after pauses that double up to ten seconds, keeps no process alive, and ends then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  const pauses: number[] = [];
  let keepsAlive = false;
  const note = (ms: number, keeps: boolean) => {
    assert.ok(pauses.length < 100, 'it goes on for ever');
    pauses.push(ms);
    keepsAlive ||= keeps;
  };
  let tries = 0;
  let done: () => void = () => undefined;
  const removed = new Promise<void>((resolve) => (done = resolve));
  const readOnly = (): Promise<void> => {
    tries += 1;
    if (tries < 12) return Promise.reject(systemError('EROFS'));
    setImmediate(done);
    return Promise.resolve();
  };
  const release = await acquireClaim(folder, { waitMs: 0 });
  await withoutPauses(note, () =>
    withReplaced({ rm: readOnly }, async () => {
      await release();
      await removed;
    }),
  );
  await rm(folder, { recursive: true });
  const doubled = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400];
  assert.deepEqual(pauses, [...doubled, 10_000, 10_000, 10_000]);
  assert.equal(tries, 12);
  assert.equal(keepsAlive, false);
});

it('is given back where somebody has removed its claim, without another try', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  const release = await acquireClaim(folder, { waitMs: 0 });
  await rm(folder, { recursive: true });
  const pauses: number[] = [];
  await withoutPauses((ms) => pauses.push(ms), release);
  assert.deepEqual(pauses, []);
});
