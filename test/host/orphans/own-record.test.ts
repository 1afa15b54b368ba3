/** The record that a host keeps of itself, as launches look for it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryStore, type CatalogStore } from '../../../src/catalog/index.ts';
import { OwnRecord } from '../../../src/host/orphans/host-record.ts';

it('is looked for once for all launches that begin together, and is written again where it was removed', async () => {
  const kept = memoryStore();
  let reads = 0;
  const store: CatalogStore = {
    ...kept,
    get(key) {
      reads += 1;
      return kept.get(key);
    },
  };
  const record = new OwnRecord(store, { hostId: '0123456789ab', clusterId: 'cluster', parents: [] });
  await record.add({ kind: 'socket', socketPath: '/run/docker.sock' });
  await Promise.all([record.keep(), record.keep(), record.keep()]);
  assert.equal(reads, 1);

  const key = ['hosts', '0123456789ab'];
  const looking = record.keep();
  await kept.delete(key);
  await Promise.all([looking, record.keep()]);
  assert.notEqual(await kept.get(key), undefined);
  await kept.delete(key);
  await record.keep();
  assert.notEqual(await kept.get(key), undefined, 'a look that has begun is not shared');
});
