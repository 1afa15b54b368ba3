/** A folder of a host that somebody removes just as its owner's file is written again. */
import assert from 'node:assert/strict';
import fs, { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { OwnedFolders } from '../../../src/host/orphans/owned-folders.ts';
import { withReplaced } from '../../catalog/replaced-calls.ts';

it('is made anew', { timeout: 20_000 }, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  try {
    await using folders = new OwnedFolders({ hostId: 'host', clusterId: 'cluster' }, () => undefined);
    const path = await folders.below(parent);
    await rm(join(path, 'owner.json'));
    const { open } = fs;
    let isRemoved = false;
    const replaced = async (...args: Parameters<typeof open>) => {
      if (String(args[0]).endsWith('owner.json') && !isRemoved) {
        isRemoved = true;
        await rm(path, { recursive: true });
      }
      return open(...args);
    };
    const again = await withReplaced({ open: replaced }, () => folders.below(parent));
    assert.ok(isRemoved);
    assert.deepEqual(await readdir(again), ['owner.json']);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});
