/** What a store of files reads, lists and refuses, by what lies in its directory. */
import assert from 'node:assert/strict';
import fs, {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileStore, type CatalogStore } from '../../src/catalog/index.ts';
import { thisProcess } from '../../src/linux/process-identity.ts';
import { systemError, withReplaced } from './replaced-calls.ts';

async function withStore(test: (store: CatalogStore, directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'catalog-'));
  try {
    await test(fileStore(directory), directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const nothing = () => Promise.resolve();
const { bootId, machineId, pidNamespace, pid, startTime } = thisProcess();
const claimOfThisProcess = [bootId, pidNamespace, pid, startTime, 'id', machineId].join('_');

describe('a store of files', () => {
  it('takes names up to the longest that file systems accept', () =>
    withStore(async (store) => {
      const longest = 'x'.repeat(250);
      await store.put([longest], 'one');
      assert.equal(await store.get([longest]), 'one');
      for (const name of ['', 'x'.repeat(251)])
        await assert.rejects(store.put([name], 'two'), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'INVALID_OPTION');
          return error.message.includes("can't be the name of a file");
        });
    }));

  it('reads no document of more than sixteen mebibytes', () =>
    withStore(async (store) => {
      await store.put(['a'], '');
      await truncate(store.place(['a']), 16 * 1024 * 1024);
      assert.equal((await store.get(['a']))?.length, 16 * 1024 * 1024);
      await truncate(store.place(['a']), 16 * 1024 * 1024 + 1);
      await assert.rejects(store.get(['a']), { code: 'CATALOG_UNREADABLE' });
    }));

  it('finds nothing where a file is in the way of a folder, and says so of a folder where a file should be', () =>
    withStore(async (store) => {
      await store.put(['a'], 'one');
      await mkdir(store.place(['b']), { mode: 0o700 });
      await assert.rejects(store.get(['b']), { code: 'CATALOG_UNREADABLE' });
      await assert.rejects(store.put(['b'], 'two'), { code: 'CATALOG_UNWRITABLE' });
      await assert.rejects(store.delete(['b']), { code: 'CATALOG_UNWRITABLE' });
      assert.equal(await store.get(['a.json', 'c']), undefined);
      assert.deepEqual(await store.list(['a.json', 'c']), { keys: [], strange: [] });
    }));

  it('finds nothing of what is removed while it is looked at, and says of anything else that it can not be read', () =>
    withStore(async (store) => {
      await store.put(['a', 'b'], 'one');
      const isNothing = async () => {
        assert.equal(await store.get(['a', 'b']), undefined);
      };
      const listsNothing = async () => {
        assert.deepEqual(await store.list([]), { keys: [], strange: [] });
      };
      for (const [code, work] of [
        ['ENOENT', isNothing],
        ['ENOTDIR', isNothing],
        ['ENOENT', listsNothing],
        ['EIO', () => assert.rejects(store.get(['a', 'b']), { code: 'CATALOG_UNREADABLE' })],
        ['EIO', () => assert.rejects(store.list([]), { code: 'CATALOG_UNREADABLE' })],
      ] as const) {
        const fail = () => Promise.reject(systemError(code));
        await withReplaced({ open: fail, readdir: fail }, work);
      }
    }));

  it('lists documents, passes over what is being written, and names everything else', () =>
    withStore(async (store, directory) => {
      await store.put(['a', 'b'], 'one');
      await store.put(['a', 'c', 'd'], 'two');
      const folder = dirname(store.place(['a', 'b']));
      await store.put(['a', 'e.unfinished-0'], 'three');
      await writeFile(join(folder, '.unfinished-0'), '');
      const strange = [
        ...['.json', '%ZZ.json', 'a%2fb.json', 'e.txt', 'ab%.json', '.hidden.json'],
        ...['README.md', 'b.json.orig'],
      ];
      for (const name of strange) await writeFile(join(folder, name), '');
      await mkdir(join(folder, '%ZZ'), { mode: 0o700 });
      await symlink(join(folder, 'b.json'), join(folder, 'link.json'));
      const found = await store.list(['a']);
      assert.deepEqual(found.keys.map((key) => key.join(' ')).sort(), ['a b', 'a c d', 'a e.unfinished-0']);
      assert.deepEqual(
        found.strange.map(({ place }) => place).sort(),
        [...strange, '%ZZ', 'link.json'].map((name) => join(folder, name)).sort(),
      );
      assert.ok(
        directory.length > 0 &&
          found.strange.every(({ reason }) => reason === 'is not a file of the catalog'),
      );
    }));

  it('tidies up once, with the first work, what was unfinished for more than a minute', () =>
    withStore(async (store, directory) => {
      await store.put(['a', 'b'], 'one');
      const folder = dirname(store.place(['a', 'b']));
      const unfinished = async (name: string, seconds: number) => {
        const then = new Date(Date.now() - seconds * 1_000);
        await writeFile(join(folder, name), '');
        await utimes(join(folder, name), then, then);
      };
      await unfinished('.unfinished-old', 90);
      await unfinished('.unfinished-young', 30);
      await mkdir(join(folder, '.unfinished-folder'));
      const then = new Date(Date.now() - 90_000);
      await utimes(join(folder, '.unfinished-folder'), then, then);
      await unfinished('old.json', 90);
      await unfinished('old.unfinished-0.json', 90);
      await store.exclusively(nothing);
      const kept = [
        ...['.unfinished-folder', '.unfinished-young'],
        ...['b.json', 'old.json', 'old.unfinished-0.json'],
      ];
      assert.deepEqual((await readdir(folder)).sort(), kept);
      await unfinished('.unfinished-later', 90);
      await store.exclusively(nothing);
      assert.deepEqual((await readdir(folder)).sort(), ['.unfinished-later', ...kept].sort());
      await fileStore(directory).exclusively(nothing);
      assert.deepEqual((await readdir(folder)).sort(), kept);
    }));

  it('does not mind that others finish or remove what it tidies up, and leaves what is a minute old', (t) =>
    withStore(async (store, directory) => {
      const root = dirname(store.place(['a']));
      const now = Date.now();
      t.mock.method(Date, 'now', () => now);
      const { lstat: real } = fs;
      const ages: Readonly<Record<string, number>> = { 'a-minute': 60_000, older: 60_001, removed: 90_000 };
      const replaced = async (path: string): Promise<unknown> => {
        const [, name] = /^\.unfinished-(.*)$/.exec(basename(path)) ?? [];
        if (name === undefined) return real(path);
        if (name === 'finished') throw systemError('ENOENT');
        if (name === 'removed') await rm(path);
        return { mtimeMs: now - (ages[name] ?? 0) };
      };
      await mkdir(root, { mode: 0o700 });
      for (const name of ['finished', ...Object.keys(ages)])
        await writeFile(join(root, `.unfinished-${name}`), '');
      await withReplaced({ lstat: replaced as never }, () => fileStore(directory).exclusively(nothing));
      assert.deepEqual((await readdir(root)).sort(), ['.unfinished-a-minute', '.unfinished-finished']);
    }));

  it('uses no directory in which anybody can write, for nothing at all', () =>
    withStore(async (store, directory) => {
      await store.put(['a'], 'one');
      await chmod(directory, 0o777);
      for (const work of [
        () => store.get(['a']),
        () => store.list([]),
        () => store.put(['a'], 'two'),
        () => store.delete(['a']),
        () => store.exclusively(() => assert.fail('it worked')),
      ])
        await assert.rejects(work, { code: 'CATALOG_UNTRUSTED' });
      await chmod(directory, 0o700);
      assert.equal(await store.get(['a']), 'one');
    }));

  for (const place of ['catalog', 'locks'])
    it(`does no work while anybody can write in its folder ${place}, and releases its lock`, () =>
      withStore(async (store, directory) => {
        await store.put(['a'], 'one');
        await store.exclusively(nothing);
        await chmod(join(directory, place), 0o777);
        await assert.rejects(
          store.exclusively(() => assert.fail('it worked')),
          { code: 'CATALOG_UNTRUSTED' },
        );
        await chmod(join(directory, place), 0o700);
        assert.deepEqual(await readdir(join(directory, 'locks')), []);
      }));

  it('looks for the holders of its lock in no folder in which anybody can write', () =>
    withStore(async (_, directory) => {
      const locks = join(directory, 'locks');
      await mkdir(locks, { mode: 0o700 });
      await writeFile(join(locks, claimOfThisProcess), '', { mode: 0o600 });
      await chmod(locks, 0o777);
      const impatient = fileStore(directory, { lockWaitMs: 0 });
      await assert.rejects(impatient.exclusively(nothing), { code: 'CATALOG_UNTRUSTED' });
    }));

  it('does no work when another user makes the folder of its lock before it does', () =>
    withStore(async (store) => {
      const { mkdir: make } = fs;
      const foreign = async (path: string) => {
        await make(path, { recursive: true });
        await chmod(path, 0o777);
      };
      await assert.rejects(
        withReplaced({ mkdir: foreign as never }, () => store.exclusively(() => assert.fail('it worked'))),
        { code: 'CATALOG_UNTRUSTED' },
      );
    }));

  const notRoot =
    process.geteuid?.() === 0 ? false : 'needs root, which can give a directory to another user';
  it('uses the directory of another user only where that one is trusted', { skip: notRoot }, () =>
    withStore(async (store, directory) => {
      await store.put(['a'], 'one');
      await chown(directory, 65_534, 65_534);
      await assert.rejects(store.get(['a']), { code: 'CATALOG_UNTRUSTED' });
      assert.equal(await fileStore(directory, { trustedOwners: [65_534] }).get(['a']), 'one');
      assert.equal(await fileStore(directory, { trustedOwners: [0, 65_534] }).get(['a']), 'one');
    }),
  );

  it('waits for its lock as long as it was told', () =>
    withStore(async (_, directory) => {
      await mkdir(join(directory, 'locks'), { mode: 0o700 });
      await writeFile(join(directory, 'locks', claimOfThisProcess), '', { mode: 0o600 });
      const impatient = fileStore(directory, { lockWaitMs: 0 });
      await assert.rejects(impatient.exclusively(nothing), { code: 'CATALOG_LOCKED' });
      await assert.rejects(
        impatient.exclusively(nothing, { signal: AbortSignal.abort(new Error('enough')) }),
        /enough/,
      );
    }));

  it('refuses a directory that is none, and options that it does not know', () => {
    for (const [directory, options] of [
      ['', {}],
      ['/x', { lockWaitMs: -1 }],
      ['/x', { trustedOwners: [-1] }],
      ['/x', { unknown: true }],
    ] as const)
      assert.throws(() => fileStore(directory, options as never), { code: 'INVALID_OPTION' });
    fileStore('/x', { trustedOwners: [0] });
  });

  it('makes its files and folders for its owner only, and no more folders than a document needs', () =>
    withStore(async (store, directory) => {
      await store.put(['a', 'b'], 'one');
      assert.deepEqual(await readdir(directory), ['catalog']);
      assert.equal((await lstat(store.place(['a', 'b']))).mode & 0o777, 0o600);
      assert.equal((await lstat(join(directory, 'catalog', 'a'))).mode & 0o777, 0o700);
    }));
});
