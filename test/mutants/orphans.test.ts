/** Folders of hosts: their modes, and whose they are. */
import assert from 'node:assert/strict';
import { chown, mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { noteClosed, ownerLabels, ownerLiveness } from '../../src/host/orphans/labels.ts';
import { OwnedFolders, sweepFolders } from '../../src/host/orphans/owned-folders.ts';
import { lateDisposal } from '../../src/container/disposals.ts';

async function withParent(test: (parent: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    await test(parent);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

describe('the folder of a host', () => {
  for (const [passing, mode] of [
    [undefined, 0o700],
    [process.getegid?.() ?? 0, 0o710],
    ['everybody', 0o711],
  ] as const) {
    it(`has the mode ${mode.toString(8)} where ${passing ?? 'nobody'} has to pass`, () =>
      withParent(async (parent) => {
        await using folders = new OwnedFolders({ hostId: 'modes', clusterId: 'cluster' });
        const { mode: made } = await stat(await folders.below(parent, passing));
        assert.equal(made & 0o7777, mode);
      }));
  }

  it('goes when what was left in it could be removed after all', () =>
    withParent(async (parent) => {
      const folders = new OwnedFolders({ hostId: 'late', clusterId: 'cluster' });
      const path = await folders.below(parent);
      await mkdir(join(path, 'bulkhead-abcdef'));
      await folders[Symbol.asyncDispose]();
      assert.deepEqual((await readdir(path)).sort(), ['bulkhead-abcdef', 'owner.json']);
      await rm(join(path, 'bulkhead-abcdef'), { recursive: true });
      await lateDisposal(path);
      assert.deepEqual(await readdir(parent), []);
    }));

  it('is swept when its host was closed, although this process lives', () =>
    withParent(async (parent) => {
      const folders = new OwnedFolders({ hostId: 'closed', clusterId: 'cluster' });
      const path = await folders.below(parent);
      await mkdir(join(path, 'bulkhead-abcdef'));
      await folders[Symbol.asyncDispose]();
      assert.deepEqual(await sweepFolders(parent, 'cluster'), []);
      noteClosed('closed');
      assert.deepEqual(await sweepFolders(parent, 'cluster', { keep: new Set([path]) }), []);
      assert.deepEqual(await sweepFolders(parent, 'cluster'), [path]);
      assert.deepEqual(await readdir(parent), []);
    }));

  const notRoot = process.geteuid?.() === 0 ? false : 'needs root, which can give a folder to another user';
  it('is left alone where it belongs to another user, also without an owner file', { skip: notRoot }, () =>
    withParent(async (parent) => {
      const [ours, theirs] = [join(parent, 'bulkhead-h-aaaaaa'), join(parent, 'bulkhead-h-bbbbbb')];
      const old = new Date(Date.now() - 120_000);
      for (const folder of [ours, theirs]) {
        await mkdir(folder, { mode: 0o700 });
        await utimes(folder, old, old);
      }
      await chown(theirs, 65_534, 65_534);
      assert.deepEqual(await sweepFolders(parent, 'cluster'), [ours]);
      assert.deepEqual(await readdir(parent), ['bulkhead-h-bbbbbb']);
    }),
  );

  it('is left alone without an owner file while it is young: its host may be about to write it', () =>
    withParent(async (parent) => {
      await mkdir(join(parent, 'bulkhead-h-aaaaaa'), { mode: 0o700 });
      assert.deepEqual(await sweepFolders(parent, 'cluster'), []);
    }));
});

it('takes a host of this process for gone once it was closed, and not before', () => {
  const labels = ownerLabels({ hostId: 'soon closed', clusterId: 'cluster' });
  const seen = { labels, state: 'exited', createdAt: new Date() };
  assert.equal(ownerLiveness(seen), 'alive');
  noteClosed('soon closed');
  assert.equal(ownerLiveness(seen), 'gone');
});
