/** The disk on which trials keep their catalogs. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { smallDisk } from '../../src/soak/disk.ts';

it('a disk is given back although it is frozen and read-only at once', async (t) => {
  await using disk = await smallDisk();
  if (!disk.own) {
    t.skip('only root can mount a disk, where there are loop devices');
    return;
  }
  const file = join(disk.path, 'file');
  const lift = disk.close();
  disk.freeze(1_000);
  assert.throws(() => {
    writeFileSync(file, 'too early');
  }, /EROFS/);
  lift();
  writeFileSync(file, 'written');
  assert.equal(readFileSync(file, 'utf8'), 'written');
});
