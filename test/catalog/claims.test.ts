/** Waiting for the lock between processes, and what is left of a claim. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import fs, { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acquireClaim } from '../../src/catalog/store/claim-lock.ts';
import type { StoreError } from '../../src/catalog/index.ts';
import { thisProcess } from '../../src/linux/process-identity.ts';
import { systemError, withoutPauses, withReplaced } from './replaced-calls.ts';

const { bootId, machineId, pidNamespace, pid, startTime } = thisProcess();
const living = [bootId, pidNamespace, pid, startTime, 'id', machineId].join('_');
const dead = [bootId, pidNamespace, 2 ** 22 + 1, startTime, 'id', machineId].join('_');
const unseen = [bootId, '1', 2 ** 22 + 1, startTime, 'id', machineId].join('_');

async function withFolder(files: readonly string[], test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    for (const file of files) await writeFile(join(folder, file), '');
    await test(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** For a pause after which the waiting has to be over. */
function once(work: () => void): () => void {
  let pauses = 0;
  return () => {
    pauses += 1;
    assert.equal(pauses, 1, 'it waits on');
    work();
  };
}

describe('a lock that another process holds', () => {
  it('is waited for half a minute, with pauses by chance, and then its holder is named', (t) =>
    withFolder([living], async (folder) => {
      const times = [1_000, 1_000, 31_000, 31_001];
      t.mock.method(performance, 'now', () => times.shift() ?? 1_000_000_000);
      const chances = [0, 0.5, 0.75];
      t.mock.method(Math, 'random', () => chances.shift() ?? 1);
      const pauses: number[] = [];
      const waiting = withoutPauses(
        (ms) => {
          assert.ok(pauses.push(ms) < 5, 'it waits for ever');
        },
        () => acquireClaim(folder),
      );
      await assert.rejects(waiting, (error: StoreError) => {
        assert.equal(error.code, 'CATALOG_LOCKED');
        assert.ok(error.message.includes(`process ${pid} holds the lock ${join(folder, living)}`));
        assert.match(error.hint ?? '', /end it, which releases its lock/);
        return true;
      });
      assert.deepEqual(pauses, [1, 11]);
      assert.deepEqual(await readdir(folder), [living]);
    }));

  it('is taken as soon as it is released', () =>
    withFolder([living], async (folder) => {
      const release = await withoutPauses(
        once(() => {
          rmSync(join(folder, living));
        }),
        () => acquireClaim(folder),
      );
      await release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is not waited for any longer when the signal is given, and nothing is left behind', () =>
    withFolder([living], async (folder) => {
      const reason = new Error('enough');
      const abort = new AbortController();
      const waiting = withoutPauses(
        once(() => {
          abort.abort(reason);
        }),
        () => acquireClaim(folder, { signal: abort.signal }),
      );
      await assert.rejects(waiting, reason);
      assert.deepEqual(await readdir(folder), [living]);
    }));
});

describe('a claim', () => {
  it('is for its owner only, and goes with the lock, which may be released twice', () =>
    withFolder([], async (folder) => {
      const release = await acquireClaim(join(folder, 'locks'));
      assert.equal((await stat(join(folder, 'locks'))).mode & 0o777, 0o700);
      const [claim = ''] = await readdir(join(folder, 'locks'));
      assert.equal((await stat(join(folder, 'locks', claim))).mode & 0o777, 0o600);
      await release();
      await release();
      assert.deepEqual(await readdir(join(folder, 'locks')), []);
    }));

  it('is no file of another name, which stays, and none of a dead process, which goes', () =>
    withFolder(['README', 'a_b_c_d', dead, dead.replace(/_[^_]*$/, '')], async (folder) => {
      await (
        await acquireClaim(folder, { waitMs: 0 })
      )();
      assert.deepEqual((await readdir(folder)).sort(), ['README', 'a_b_c_d']);
    }));

  it('of a process that can not be seen is over when it is gone at the second look', () =>
    withFolder([unseen], async (folder) => {
      const gone = () => Promise.reject(systemError('ENOENT'));
      const release = await withReplaced({ stat: gone }, () => acquireClaim(folder, { waitMs: 0 }));
      await release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('of a process that can not be seen is over after more than a minute', (t) =>
    withFolder([unseen], async (folder) => {
      const now = Date.now();
      t.mock.method(Date, 'now', () => now);
      const madeAgo = (ms: number) => ({ stat: () => Promise.resolve({ mtimeMs: now - ms }) as never });
      const acquire = () => acquireClaim(folder, { waitMs: -1 });
      await assert.rejects(withReplaced(madeAgo(60_000), acquire), { code: 'CATALOG_LOCKED' });
      await (
        await withReplaced(madeAgo(60_001), acquire)
      )();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('of a dead process may be removed by somebody else at the same time', () =>
    withFolder([dead], async (folder) => {
      const { readdir: read } = fs;
      const late = async (path: string) => {
        const names = await read(path);
        await rm(join(folder, dead), { force: true });
        return names;
      };
      const release = await withReplaced({ readdir: late as never }, () => acquireClaim(folder));
      await release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is taken back when the others can not be looked for', () =>
    withFolder([], async (folder) => {
      const fail = () => Promise.reject(systemError('EIO'));
      await assert.rejects(
        withReplaced({ readdir: fail }, () => acquireClaim(folder)),
        { code: 'CATALOG_UNWRITABLE' },
      );
      assert.deepEqual(await readdir(folder), []);
    }));
});
