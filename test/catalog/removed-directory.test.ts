/** A directory that somebody removes while a store is open on it. */
import assert from 'node:assert/strict';
import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileStore } from '../../src/catalog/index.ts';

it('is made anew with the next document, for its owner only', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'catalog-'));
  try {
    const directory = join(parent, 'bulkhead');
    const store = fileStore(directory);
    for (const removed of ['.', 'catalog', 'locks']) {
      await store.put(['plugins', 'a'], '{}');
      await rm(join(directory, removed), { recursive: true, force: true });
      await store.exclusively(() => store.put(['plugins', 'b'], '{"b":1}'));
      assert.equal(await store.get(['plugins', 'b']), '{"b":1}');
      for (const made of ['.', 'catalog', 'locks'])
        assert.equal((await lstat(join(directory, made))).mode & 0o777, 0o700, made);
    }
  } finally {
    await rm(parent, { recursive: true });
  }
});
