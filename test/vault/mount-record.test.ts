/** The record by which a mount finds its data again, when its erasing was interrupted. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryStorage } from '../../src/vault/index.ts';
import { eraseMount, readRecord, uuidOf } from '../../src/vault/mount/mount-record.ts';

it('finishes an interrupted erasing before the path is mounted again', async () => {
  const storage = memoryStorage();
  const uuid = await uuidOf(storage, 'kv/');
  assert.equal(await uuidOf(storage, 'kv/'), uuid);
  const value = Buffer.from('x');
  for (const key of ['a', 'b/c', 'd']) await storage.put(`mounts/${uuid}/data/${key}`, { value });

  let deletions = 0;
  const failing = {
    ...storage,
    delete: (key: string) => {
      deletions += 1;
      return deletions > 1 ? Promise.reject(new Error('the power is gone')) : storage.delete(key);
    },
  };
  await assert.rejects(eraseMount(failing, 'kv/', uuid), /the power is gone/);
  assert.equal((await readRecord(storage, 'kv/'))?.unfinished, true);
  assert.notDeepEqual(await storage.list('mounts/'), []);

  const next = await uuidOf(storage, 'kv/');
  assert.notEqual(next, uuid);
  assert.deepEqual(await storage.list('mounts/'), [], 'nothing is left of the one before');
});

it('keeps the record of another mount that has the path by now', async () => {
  const storage = memoryStorage();
  const uuid = await uuidOf(storage, 'kv/');
  await storage.put('mounts/other/data/a', { value: Buffer.from('x') });
  await eraseMount(storage, 'kv/', 'other');
  assert.equal(await uuidOf(storage, 'kv/'), uuid);
  assert.deepEqual(await storage.list('mounts/'), []);
});
