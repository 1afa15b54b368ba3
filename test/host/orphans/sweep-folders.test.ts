/** Which folders a sweep removes. Anybody may have made folders with such names where it looks. */
import assert from 'node:assert/strict';
import fs, { chown, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { clusterMark } from '../../../src/host/orphans/owner-file.ts';
import { noteClosed } from '../../../src/host/orphans/labels.ts';
import { sweepFolders } from '../../../src/host/orphans/sweep-folders.ts';
import { thisProcess, type ProcessIdentity } from '../../../src/linux/process-identity.ts';

const here = thisProcess();
const dead: ProcessIdentity = { ...here, pid: 2 ** 22 + 1 };
const unseen: ProcessIdentity = { ...dead, pidNamespace: '1' };
const ownerOf = (process: ProcessIdentity, more: object = {}) =>
  JSON.stringify({ hostId: 'a host', clusterId: 'cluster', process, ...more });
const passingName = ({ pid, startTime, pidNamespace, machineId, bootId }: ProcessIdentity, id = 'cluster') =>
  ['bulkhead-n', clusterMark(id), pid, startTime, pidNamespace, machineId, bootId, 'aaaaaa'].join('-');

async function withParent(test: (parent: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    await test(parent);
  } finally {
    await rm(parent, { recursive: true });
  }
}

async function folderIn(parent: string, name: string, owner?: string): Promise<string> {
  const path = join(parent, name);
  await mkdir(path, { mode: 0o700 });
  if (owner !== undefined) await writeFile(join(path, 'owner.json'), owner, { mode: 0o600 });
  return path;
}

async function madeAgo(path: string, seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1_000);
  await utimes(path, then, then);
}

/** Runs the work while one function of the file system is another. */
async function withReplaced<K extends 'open' | 'rmdir'>(
  name: K,
  replace: (real: (typeof fs)[K]) => (typeof fs)[K],
  work: () => Promise<void>,
): Promise<void> {
  const real = fs[name];
  fs[name] = replace(real);
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    fs[name] = real;
    syncBuiltinESMExports();
  }
}

describe('a sweep of folders', () => {
  it('takes those whose owner is gone, by file or by name, and of this cluster alone', () =>
    withParent(async (parent) => {
      const swept = [
        await folderIn(parent, 'bulkhead-h-aaaaaa', ownerOf(dead)),
        await folderIn(parent, passingName(dead)),
      ];
      const kept = [
        await folderIn(parent, 'bulkhead-h-bbbbbb', ownerOf(here)),
        await folderIn(parent, 'bulkhead-h-cccccc', ownerOf(unseen)),
        await folderIn(parent, 'bulkhead-h-dddddd', ownerOf(dead, { clusterId: 'another' })),
        await folderIn(parent, passingName(here)),
        await folderIn(parent, passingName(unseen)),
        await folderIn(parent, passingName(dead, 'another')),
        await folderIn(parent, 'bulkhead-n-nobody'),
      ];
      const failures: string[] = [];
      assert.deepEqual((await sweepFolders(parent, 'cluster', { failures })).sort(), swept.sort());
      assert.deepEqual((await readdir(parent)).sort(), kept.map((path) => basename(path)).sort());
      assert.deepEqual(failures, []);
    }));

  it('takes that of a closed host of this process, but not of another process which has the same host id', () =>
    withParent(async (parent) => {
      noteClosed('closed in sweep-folders');
      const closed = { hostId: 'closed in sweep-folders' };
      const path = await folderIn(parent, 'bulkhead-h-aaaaaa', ownerOf(here, closed));
      await folderIn(parent, 'bulkhead-h-bbbbbb', ownerOf(unseen, closed));
      await folderIn(parent, 'bulkhead-h-cccccc', ownerOf({ ...here, bootId: '', pid: here.pid }, closed));
      assert.deepEqual(await sweepFolders(parent, 'cluster'), [path]);
    }));

  it('leaves what is no owned folder: other names, files, links, and files of owners that say something else', () =>
    withParent(async (parent) => {
      const elsewhere = await folderIn(parent, 'elsewhere', ownerOf(dead));
      await folderIn(parent, 'x-bulkhead-h-aaaaaa', ownerOf(dead));
      await madeAgo(await folderIn(parent, `x-${passingName(dead)}`), 3_600);
      await folderIn(parent, `bulkhead-h-${passingName(dead)}`);
      await writeFile(join(parent, 'bulkhead-h-file'), '');
      await writeFile(join(parent, passingName({ ...dead, pid: dead.pid + 1 })), '');
      await symlink(elsewhere, join(parent, 'bulkhead-h-link'));
      await symlink(elsewhere, join(parent, passingName(dead)));
      for (const [name, owner] of [
        ['bulkhead-h-wrong', '{"hostId":"a host"}'],
        ['bulkhead-h-no-json', '{'],
        ['bulkhead-h-long', ownerOf(dead, { hostId: 'x'.repeat(5_000) })],
      ] as const)
        await madeAgo(await folderIn(parent, name, owner), 3_600);
      const odd = await folderIn(parent, 'bulkhead-h-odd');
      await mkdir(join(odd, 'owner.json'));
      await madeAgo(odd, 3_600);
      const before = (await readdir(parent)).sort();
      const failures: string[] = [];
      assert.deepEqual(await sweepFolders(parent, 'cluster', { failures }), []);
      assert.deepEqual((await readdir(parent)).sort(), before);
      assert.deepEqual(failures, []);
    }));

  it('takes one without a finished file of an owner only when it is old and nothing else is in it', () =>
    withParent(async (parent) => {
      const empty = await folderIn(parent, 'bulkhead-h-aaaaaa');
      const unfinished = await folderIn(parent, 'bulkhead-h-bbbbbb', '');
      const used = await folderIn(parent, 'bulkhead-h-cccccc', '');
      await writeFile(join(used, 'plugin.sock'), '');
      for (const path of [empty, unfinished, used]) await madeAgo(path, 90);
      await madeAgo(await folderIn(parent, 'bulkhead-h-dddddd'), 30);
      assert.deepEqual((await sweepFolders(parent, 'cluster')).sort(), [empty, unfinished]);
      assert.deepEqual((await readdir(parent)).sort(), ['bulkhead-h-cccccc', 'bulkhead-h-dddddd']);
    }));

  it('leaves one whose file of an owner can not be read, however old', () =>
    withParent(async (parent) => {
      await madeAgo(await folderIn(parent, 'bulkhead-h-aaaaaa', ''), 3_600);
      const noDescriptor = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      await withReplaced(
        'open',
        (open) => (path, flags, mode) =>
          basename(String(path)) === 'owner.json' ? Promise.reject(noDescriptor) : open(path, flags, mode),
        async () => {
          assert.deepEqual(await sweepFolders(parent, 'cluster'), []);
        },
      );
      assert.deepEqual(await readdir(parent), ['bulkhead-h-aaaaaa']);
    }));

  it('leaves one that can not be looked into at this moment, and says nothing of one that has gone', () =>
    withParent(async (parent) => {
      const [swept, gone, passing] = [
        await folderIn(parent, 'bulkhead-h-aaaaaa', ownerOf(dead)),
        await folderIn(parent, 'bulkhead-h-bbbbbb', ownerOf(dead)),
        await folderIn(parent, passingName(dead)),
      ];
      const failures: string[] = [];
      /** Has opening a folder fail from the given time on that it is opened. */
      const sweepWhere = async (fails: Readonly<Record<string, number>>, code: string): Promise<string[]> => {
        let removed: string[] = [];
        const looks = new Map<string, number>();
        await withReplaced(
          'open',
          (open) => (path, flags, mode) => {
            const name = basename(String(path));
            looks.set(name, (looks.get(name) ?? 0) + 1);
            if (looks.get(name) === fails[name])
              return Promise.reject(Object.assign(new Error(code), { code }));
            return open(path, flags, mode);
          },
          async () => {
            removed = await sweepFolders(parent, 'cluster', { failures });
          },
        );
        return removed;
      };
      const atFirst = { [basename(gone)]: 1, [basename(passing)]: 1 };
      assert.deepEqual(await sweepWhere(atFirst, 'ENOENT'), [swept]);
      assert.deepEqual(await sweepWhere({ ...atFirst, [basename(gone)]: 2 }, 'EMFILE'), []);
      assert.deepEqual(failures, []);
      assert.deepEqual((await readdir(parent)).sort(), [basename(gone), basename(passing)].sort());
    }));

  it('goes on after one that can not be removed, and says so', () =>
    withParent(async (parent) => {
      await folderIn(parent, 'bulkhead-h-aaaaaa', ownerOf(dead));
      const second = await folderIn(parent, 'bulkhead-h-bbbbbb', ownerOf(dead));
      const failures: string[] = [];
      await withReplaced(
        'rmdir',
        (rmdir) => (path) =>
          String(path).endsWith('aaaaaa') ? Promise.reject(new Error('the disk is broken')) : rmdir(path),
        async () => {
          assert.deepEqual(await sweepFolders(parent, 'cluster', { failures }), [second]);
        },
      );
      assert.equal(failures.length, 1);
      assert.match(failures[0] ?? '', /bulkhead-h-aaaaaa.*the disk is broken/);
    }));

  it('says of each that it keeps for a container, and finds the parent behind a link, or nothing without one', () =>
    withParent(async (parent) => {
      const real = await folderIn(parent, 'real');
      const link = join(parent, 'link');
      await symlink(real, link);
      await folderIn(real, 'bulkhead-h-aaaaaa', ownerOf(dead));
      await folderIn(real, 'bulkhead-h-bbbbbb', ownerOf(dead));
      const failures: string[] = [];
      const keep = new Set([join(link, 'bulkhead-h-aaaaaa')]);
      const removed = await sweepFolders(link, 'cluster', { keep, failures });
      assert.deepEqual(removed, [join(link, 'bulkhead-h-bbbbbb')]);
      assert.equal(failures.length, 1);
      assert.match(failures[0] ?? '', /bulkhead-h-aaaaaa was left .*may live/);
      assert.deepEqual(await sweepFolders(join(parent, 'none'), 'cluster', { failures }), []);
      assert.equal(failures.length, 1);
    }));

  const notRoot = process.geteuid?.() === 0 ? false : 'needs root, which can give a folder to another user';
  it('leaves those of other users, whatever their names and files say', { skip: notRoot }, () =>
    withParent(async (parent) => {
      const folders = [
        await folderIn(parent, 'bulkhead-h-aaaaaa', ownerOf(dead)),
        await folderIn(parent, passingName(dead)),
      ];
      const foreignFile = await folderIn(parent, 'bulkhead-h-bbbbbb', ownerOf(dead));
      await chown(join(foreignFile, 'owner.json'), 65_534, 65_534);
      for (const folder of folders) await chown(folder, 65_534, 65_534);
      const failures: string[] = [];
      assert.deepEqual(await sweepFolders(parent, 'cluster', { failures }), []);
      assert.deepEqual(failures, []);
      assert.equal((await readdir(parent)).length, 3);
    }),
  );

  it('leaves one that becomes that of another user while it is looked at', { skip: notRoot }, () =>
    withParent(async (parent) => {
      const path = await folderIn(parent, 'bulkhead-h-aaaaaa');
      await madeAgo(path, 3_600);
      const failures: string[] = [];
      let looks = 0;
      await withReplaced(
        'open',
        (open) => async (at, flags, mode) => {
          if (basename(String(at)) === 'bulkhead-h-aaaaaa') looks += 1;
          if (looks === 2) await chown(path, 65_534, 65_534);
          return open(at, flags, mode);
        },
        async () => {
          assert.deepEqual(await sweepFolders(parent, 'cluster', { failures }), []);
        },
      );
      assert.deepEqual(failures, []);
      assert.deepEqual(await readdir(parent), ['bulkhead-h-aaaaaa']);
    }),
  );
});

describe('a sweep of a folder that somebody has filled', () => {
  it('looks at 4096 that may be owned, and says that there are more', () =>
    withParent(async (parent) => {
      const names = Array.from({ length: 4_096 }, (_, index) => join(parent, `bulkhead-n-${index}`));
      await Promise.all(names.map((name) => mkdir(name)));
      await Promise.all(['bulkhead-h-file', 'other'].map((name) => writeFile(join(parent, name), '')));
      const failures: string[] = [];
      assert.deepEqual(await sweepFolders(parent, 'cluster', { failures }), []);
      assert.deepEqual(failures, []);
      await mkdir(join(parent, 'bulkhead-n-one-more'));
      await sweepFolders(parent, 'cluster', { failures });
      assert.equal(failures.length, 1);
      assert.match(failures.join(), /more names than are looked at/);
    }));

  it('ends after twenty seconds, and says so once', (t) =>
    withParent(async (parent) => {
      for (const name of ['bulkhead-h-aaaaaa', 'bulkhead-h-bbbbbb', 'bulkhead-h-cccccc'])
        await folderIn(parent, name, ownerOf(dead));
      const failures: string[] = [];
      // The first look at the clock is before the folders are looked at; each later one tells what is given.
      let times: number[] = [];
      t.mock.method(performance, 'now', () => times.shift() ?? now);
      let now = 0;
      const after = (ms: number) => {
        [times, now] = [[1_000], 1_000 + ms];
        return sweepFolders(parent, 'cluster', { failures });
      };
      assert.deepEqual(await after(20_001), []);
      assert.equal(failures.length, 1);
      assert.match(failures[0] ?? '', /took too long/);
      assert.equal((await after(20_000)).length, 3);
      assert.equal(failures.length, 1);
    }));
});
