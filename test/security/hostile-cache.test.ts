/** Files in the cache of image facts that somebody else put there, or that are damaged. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, chown, lchown, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  longestCacheFile,
  readCacheFile,
  writeCacheFile,
} from '../../src/compatibility/gather/cache-folder.ts';
import { parseCachedImage } from '../../src/compatibility/gather/image.ts';

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-cache-test-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a file of the cache is not believed', () => {
  it('where it is a pipe, and nobody waits for it', { timeout: 10_000 }, async () => {
    await withFolder(async (folder) => {
      assert.equal(spawnSync('mkfifo', [join(folder, 'x')]).status, 0);
      for (let tried = 0; tried < 8; tried += 1) assert.equal(await readCacheFile(folder, 'x'), undefined);
    });
  });

  it('where others can write it, or it is too long', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'own'), 'text', { mode: 0o600 });
      assert.equal(await readCacheFile(folder, 'own'), 'text');
      await writeFile(join(folder, 'open'), 'text');
      await chmod(join(folder, 'open'), 0o666);
      assert.equal(await readCacheFile(folder, 'open'), undefined);
      await writeFile(join(folder, 'long'), Buffer.alloc(longestCacheFile + 1), { mode: 0o600 });
      assert.equal(await readCacheFile(folder, 'long'), undefined);
      await writeCacheFile(folder, 'written', 'x'.repeat(longestCacheFile + 1));
      assert.equal(await readCacheFile(folder, 'written'), undefined);
    });
  });

  it(
    'where it, or a link that leads to it, belongs to somebody else',
    { skip: process.getuid?.() === 0 ? false : 'needs root to give a file away' },
    async () => {
      await withFolder(async (folder) => {
        await writeFile(join(folder, 'x'), 'text', { mode: 0o600 });
        await chown(join(folder, 'x'), 65534, 65534);
        assert.equal(await readCacheFile(folder, 'x'), undefined);
        await writeFile(join(folder, 'own'), 'text', { mode: 0o600 });
        await symlink(join(folder, 'own'), join(folder, 'link'));
        await lchown(join(folder, 'link'), 65534, 65534);
        assert.equal(await readCacheFile(folder, 'link'), undefined);
      });
    },
  );

  it('where it is of another image, of another form, or damaged', () => {
    const whole = {
      format: 2,
      id: 'sha256:aa',
      accounts: { value: { users: [], groups: [] }, evidence: 'layers' },
      program: { value: { path: '/p', kind: 'elf', sizeBytes: 1, mode: 493 }, evidence: 'layers' },
    };
    const parse = (value: unknown) => parseCachedImage(JSON.stringify(value), 'sha256:aa');
    assert.deepEqual(parse(whole), { accounts: whole.accounts, program: whole.program });
    for (const damaged of [
      { ...whole, id: 'sha256:bb' },
      { ...whole, format: 1 },
      {
        ...whole,
        program: { value: { path: '/p', kind: 'harmless', sizeBytes: 1, mode: 493 }, evidence: 'x' },
      },
      { ...whole, program: { value: { path: '/p', kind: 'elf', sizeBytes: -1, mode: 493 }, evidence: 'x' } },
      {
        ...whole,
        accounts: { value: { users: [{ name: 'a', uid: 'root', gid: 0 }], groups: [] }, evidence: 'x' },
      },
      { ...whole, accounts: {} },
    ]) {
      assert.equal(parse(damaged), undefined);
    }
    assert.equal(parseCachedImage('{"format":2,', 'sha256:aa'), undefined);
  });
});
