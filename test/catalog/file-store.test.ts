/** A store of files on real file systems: what happens when they are full, read-only, damaged, or shared. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileStore, memoryStore, type StoreError } from '../../src/catalog/index.ts';
import { testStore } from './store-conformance.ts';
import { programArgs } from '../plugins/program-args.ts';

testStore('in memory', () =>
  Promise.resolve({ store: memoryStore(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);

testStore('files', async () => {
  const folder = await ownFolder();
  return {
    store: fileStore(folder.path),
    reopen: () => fileStore(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

describe('a store of files', { timeout: 60_000 }, () => {
  it('makes nothing before the first document, and everything for its owner only', async () => {
    await using folder = await ownFolder();
    const directory = join(folder.path, 'not/yet');
    const store = fileStore(directory);
    assert.equal(await store.get(['a']), undefined);
    assert.deepEqual(await store.list([]), { keys: [], strange: [] });
    await assert.rejects(stat(directory), { code: 'ENOENT' });
    await store.put(['a', 'b'], 'x');
    assert.equal((await stat(store.place(['a', 'b']))).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(store.place(['a', 'b'])))).mode & 0o777, 0o700);
  });

  it('names what lies there and is no document', async () => {
    await using folder = await ownFolder();
    const store = fileStore(folder.path);
    await store.put(['plugins', 'kv'], 'x');
    const foreign = join(dirname(store.place(['plugins', 'kv'])), 'README.md');
    await writeFile(foreign, 'hello');
    const { keys, strange } = await store.list(['plugins']);
    assert.deepEqual(keys, [['plugins', 'kv']]);
    assert.deepEqual(strange, [{ place: foreign, reason: 'is not a file of the catalog' }]);
  });

  it('loses no count between two processes and this one', async () => {
    await using folder = await ownFolder();
    const others = ['a', 'b'].map(() => otherProcess(folder.path, 'count', '25'));
    const store = fileStore(folder.path);
    for (let round = 0; round < 25; round += 1) {
      await store.exclusively(async () => {
        await store.put(['count'], String(Number((await store.get(['count'])) ?? 0) + 1));
      });
    }
    for (const other of others) assert.deepEqual(await ended(other), [0, null]);
    assert.equal(await store.get(['count']), '75');
    assert.deepEqual(await readdir(join(folder.path, 'locks')), []);
  });

  it('says which process holds the lock, and takes it when that process is killed', async () => {
    await using folder = await ownFolder();
    const holder = otherProcess(folder.path, 'hold');
    assert.ok(holder.stdout);
    await once(holder.stdout, 'data');
    const impatient = fileStore(folder.path, { lockWaitMs: 50 });
    await assert.rejects(
      impatient.exclusively(() => Promise.resolve()),
      (error: StoreError) => {
        assert.equal(error.code, 'CATALOG_LOCKED');
        assert.match(error.message, new RegExp(`process ${holder.pid ?? 0} holds the lock`));
        return true;
      },
    );
    holder.kill('SIGKILL');
    await ended(holder);
    assert.equal(await impatient.exclusively(() => Promise.resolve('mine')), 'mine');
    assert.deepEqual(await readdir(join(folder.path, 'locks')), []);
  });

  it('shows every reader a whole document while a writer is killed, five times', async () => {
    await using folder = await ownFolder();
    const store = fileStore(folder.path);
    for (let round = 0; round < 5; round += 1) {
      const writer = otherProcess(folder.path, 'write');
      assert.ok(writer.stdout);
      await once(writer.stdout, 'data');
      writer.kill('SIGKILL');
      await ended(writer);
      const text = await store.get(['torn']);
      assert.equal((JSON.parse(text ?? '') as { padding: string }).padding.length, 100_000);
    }
    assert.deepEqual((await store.list([])).strange, []);
  });

  it('keeps the earlier document when the file system is full, and says so', async (t) => {
    await using disk = await ownFolder();
    if (!mount(t, disk.path, 'size=64k')) return;
    try {
      const store = fileStore(join(disk.path, 'host'));
      await store.put(['kv'], 'the earlier one');
      const full = store.exclusively(() => store.put(['kv'], 'x'.repeat(200_000)));
      await assert.rejects(full, (error: StoreError) => {
        assert.equal(error.code, 'CATALOG_UNWRITABLE');
        assert.match(error.hint ?? '', /full/);
        return true;
      });
      assert.equal(await store.get(['kv']), 'the earlier one');
      const left = await readdir(join(disk.path, 'host'), { recursive: true });
      assert.deepEqual(left.sort(), ['catalog', 'catalog/kv.json', 'locks']);
    } finally {
      spawnSync('umount', [disk.path]);
    }
  });

  it('reads from a read-only file system, and says why it can not write there', async (t) => {
    await using disk = await ownFolder();
    if (!mount(t, disk.path, 'size=64k')) return;
    try {
      const store = fileStore(join(disk.path, 'host'));
      await store.put(['kv'], 'one');
      spawnSync('mount', ['-o', 'remount,ro', disk.path]);
      assert.equal(await store.get(['kv']), 'one');
      for (const work of [
        () => store.put(['kv'], 'two'),
        () => store.delete(['kv']),
        () => store.exclusively(() => Promise.resolve()),
      ]) {
        await assert.rejects(work, (error: StoreError) => {
          assert.equal(error.code, 'CATALOG_UNWRITABLE');
          assert.match(`${error.message} ${error.hint ?? ''}`, /read-only file system.*mounted read-only/i);
          return true;
        });
      }
      assert.equal(await store.get(['kv']), 'one');
    } finally {
      spawnSync('umount', [disk.path]);
    }
  });

  it('says when a file stands in the way of its directory', async () => {
    await using folder = await ownFolder();
    const path = join(folder.path, 'file');
    await writeFile(path, '');
    const store = fileStore(path);
    assert.equal(await store.get(['a']), undefined);
    await assert.rejects(store.put(['a'], 'x'), { code: 'CATALOG_UNWRITABLE' });
    await assert.rejects(
      store.exclusively(() => Promise.resolve()),
      { code: 'CATALOG_UNWRITABLE' },
    );
  });

  it('removes what a crashed writer left long ago, and not what is being written', async () => {
    await using folder = await ownFolder();
    const catalog = join(folder.path, 'catalog');
    await mkdir(catalog);
    const [old, young] = [join(catalog, '.unfinished-old'), join(catalog, '.unfinished-young')];
    await writeFile(old, 'half');
    await writeFile(young, 'half');
    spawnSync('touch', ['-d', '1 hour ago', old]);
    await fileStore(folder.path).exclusively(() => Promise.resolve());
    await assert.rejects(stat(old), { code: 'ENOENT' });
    assert.equal(await readFile(young, 'utf8'), 'half');
  });
});

async function ownFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'catalog-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function otherProcess(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...programArgs('test/catalog/holder.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function ended(child: ChildProcess): Promise<unknown[]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

function mount(t: { skip(why: string): void }, path: string, options: string): boolean {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], {
    encoding: 'utf8',
  });
  if (status === 0) return true;
  t.skip(`no file system can be mounted here: ${stderr.trim() || 'there is no mount'}`);
  return false;
}
