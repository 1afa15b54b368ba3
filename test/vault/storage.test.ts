/** The storages keep their contract; the one on disk keeps it against crashes, other keys and whoever alters its files. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { VaultStorageError, memoryStorage, openFileStorage } from '../../src/vault/index.ts';
import { vaultStorageTests } from '../../src/testing/index.ts';
import { fileURLToPath } from 'node:url';
import { programArgs } from '../plugins/program-args.ts';

const limits = { timeout: 60_000 };
const key = randomBytes(32);
const entry = (text: string) => ({ value: Buffer.from(text) });

vaultStorageTests('memory', () =>
  Promise.resolve({ storage: memoryStorage(), [Symbol.asyncDispose]: () => Promise.resolve() }),
);

vaultStorageTests('files', async () => {
  const folder = await ownFolder();
  let storage = await openFileStorage(folder.path, { key });
  return {
    storage,
    reopen: async () => {
      await storage.close();
      return (storage = await openFileStorage(folder.path, { key }));
    },
    async [Symbol.asyncDispose]() {
      await storage.close();
      await folder[Symbol.asyncDispose]();
    },
  };
});

it('a storage in memory has a limit, below which it stays', async () => {
  const storage = memoryStorage({ maxBytes: 10_000 });
  await storage.put('a', { value: Buffer.alloc(9_000) });
  await assert.rejects(storage.put('b', { value: Buffer.alloc(2_000) }), { code: 'VAULT_STORAGE_FULL' });
  await storage.put('a', entry('smaller'));
  await storage.put('b', { value: Buffer.alloc(2_000) });
  await storage.delete('b');
  await storage.put('c', { value: Buffer.alloc(9_500) });
  assert.equal(String((await storage.get('a'))?.value), 'smaller');
});

it('a storage in memory counts the folders that keys lead through, as long as they are there', async () => {
  const storage = memoryStorage({ maxBytes: 100_000 });
  const deep = `${'a/'.repeat(1_000)}z`;
  await assert.rejects(storage.put(deep, entry('x')), { code: 'VAULT_STORAGE_FULL' });
  assert.deepEqual(await storage.list(''), []);
  for (let round = 0; round < 20; round += 1) {
    await storage.put(`${'b/'.repeat(100)}z`, entry('x'));
    await storage.put(`${'b/'.repeat(100)}y`, entry('x'));
    await storage.delete(`${'b/'.repeat(100)}z`);
    await storage.delete(`${'b/'.repeat(100)}y`);
  }
  await storage.put('a', { value: Buffer.alloc(99_000) });
});

describe('a storage on disk', limits, () => {
  it('shows neither names nor values', async () => {
    await using folder = await ownFolder();
    await using storage = await openFileStorage(folder.path, { key });
    await storage.put('colours/sky', entry('blue sky'));
    for (const path of await filesBelow(folder.path)) {
      assert.doesNotMatch(path, /colours|sky/);
      assert.doesNotMatch(await readFile(path, 'latin1'), /colours|sky|blue/);
    }
  });

  it('refuses another key, and changes nothing', async () => {
    await using folder = await ownFolder();
    const first = await openFileStorage(folder.path, { key });
    await first.put('a', entry('x'));
    await first.close();
    const before = await contents(folder.path);
    await assert.rejects(openFileStorage(folder.path, { key: randomBytes(32) }), {
      code: 'VAULT_STORAGE_WRONG_KEY',
    });
    assert.deepEqual(await contents(folder.path), before);
    await using again = await openFileStorage(folder.path, { key });
    assert.equal(String((await again.get('a'))?.value), 'x');
  });

  it('is open in one place at a time', async () => {
    await using folder = await ownFolder();
    const first = await openFileStorage(folder.path, { key });
    await assert.rejects(openFileStorage(folder.path, { key }), (error: unknown) => {
      assert.ok(error instanceof VaultStorageError && error.code === 'VAULT_STORAGE_IN_USE');
      assert.match(error.message, new RegExp(`process ${process.pid}`));
      return true;
    });
    await first.close();
    await assert.rejects(first.get('a'), { code: 'VAULT_STORAGE_FAILED' });
    await (await openFileStorage(folder.path, { key })).close();
  });

  for (const [what, harm] of [
    ['cut short', (path: string) => truncate(path, 40)],
    ['emptied', (path: string) => truncate(path, 0)],
    [
      'altered in one bit',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
    ],
    [
      'put in the place of another',
      async (path: string) => {
        const [other = ''] = (await filesBelow(dirname(path))).filter((each) => each !== path);
        await writeFile(path, await readFile(other));
      },
    ],
  ] as const) {
    it(`names a file that was ${what}, and leaves it and the others as they are`, async () => {
      await using folder = await ownFolder();
      await using storage = await openFileStorage(folder.path, { key });
      await storage.put('folder/a', entry('one'));
      const [path = ''] = await filesBelow(join(folder.path, 'entries'));
      await storage.put('folder/b', entry('two'));
      await harm(path);
      const damaged = await contents(folder.path);
      await assert.rejects(storage.get('folder/a'), { code: 'VAULT_STORAGE_DAMAGED', place: path });
      assert.deepEqual(await contents(folder.path), damaged);
      assert.equal(String((await storage.get('folder/b'))?.value), 'two');
    });
  }

  it('names a file that was renamed or put there', async () => {
    await using folder = await ownFolder();
    await using storage = await openFileStorage(folder.path, { key });
    await storage.put('a/one', entry('x'));
    await storage.put('b/two', entry('x'));
    const [one = '', two = ''] = await filesBelow(join(folder.path, 'entries'));
    const moved = join(dirname(two), one.slice(dirname(one).length + 1));
    await rename(one, moved);
    const lists = await Promise.allSettled([storage.list('a/'), storage.list('b/')]);
    const [failed] = lists.flatMap((list) => (list.status === 'rejected' ? [list.reason as unknown] : []));
    assert.ok(failed instanceof VaultStorageError && failed.code === 'VAULT_STORAGE_DAMAGED');
    assert.equal(failed.place, moved);
  });

  it('refuses a directory that is none of its own, and one without its header', async () => {
    await using folder = await ownFolder();
    await writeFile(join(folder.path, 'notes.txt'), 'mine');
    await assert.rejects(openFileStorage(folder.path, { key }), { code: 'VAULT_STORAGE_DAMAGED' });
    assert.deepEqual(await filesBelow(folder.path), [join(folder.path, 'notes.txt')]);
    await rm(join(folder.path, 'notes.txt'));
    await (await openFileStorage(folder.path, { key })).close();
    await writeFile(join(folder.path, 'storage.json'), '{"format": 2}');
    await assert.rejects(openFileStorage(folder.path, { key }), { code: 'VAULT_STORAGE_DAMAGED' });
  });

  it('refuses a directory that others can write to', async () => {
    await using folder = await ownFolder();
    const open = join(folder.path, 'open');
    await mkdir(open);
    spawnSync('chmod', ['777', open]);
    await assert.rejects(openFileStorage(open, { key }), { code: 'VAULT_STORAGE_FAILED' });
  });

  it('has every write that was acknowledged before it was killed', async () => {
    await using folder = await ownFolder();
    const program = fileURLToPath(new URL('./doomed-writer.ts', import.meta.url));
    const acknowledged = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const writer = spawn(process.execPath, [...programArgs(program), folder.path, `${round}`], {
        env: { ...process.env, STORAGE_KEY: key.toString('hex') },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged.add(line);
        if (acknowledged.size >= (round + 1) * 200) writer.kill('SIGKILL');
      }
    }
    await using storage = await openFileStorage(folder.path, { key });
    assert.deepEqual(await readdir(join(folder.path, 'unfinished')), []);
    assert.ok(acknowledged.size >= 600);
    for (const name of acknowledged)
      assert.equal(String((await storage.get(name))?.value), name.repeat(100), name);
    // What was under way is there whole or not at all.
    for (const folderName of await storage.list(''))
      for (const name of await storage.list(folderName)) await storage.get(folderName + name);
  });

  it('says that the disk is full, and keeps what there was', async (t) => {
    await using folder = await ownFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'none', folder.path]);
    if (mounted.status !== 0) {
      t.skip('a small file system can only be mounted by root');
      return;
    }
    try {
      await using storage = await openFileStorage(folder.path, { key });
      await storage.put('a', entry('kept'));
      await assert.rejects(storage.put('a', { value: Buffer.alloc(1024 * 1024) }), {
        code: 'VAULT_STORAGE_FULL',
      });
      assert.equal(String((await storage.get('a'))?.value), 'kept');
      await storage.put('b', entry('fits'));
    } finally {
      spawnSync('umount', [folder.path]);
    }
  });
});

async function ownFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'bulkhead-storage-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((each) => each.isFile() && !each.parentPath.endsWith('/locks'))
    .map((each) => join(each.parentPath, each.name))
    .sort();
}

async function contents(folder: string): Promise<Record<string, string>> {
  const paths = await filesBelow(folder);
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'hex')] as const)),
  );
}
