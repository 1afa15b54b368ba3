/** The small file systems in which plugins' sockets lie are unmounted together. */
import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { HeldFolder } from '../../src/linux/held-folder.ts';
import { removeFolder } from '../../src/linux/remove-tree.ts';
import { mountSmall } from '../../src/linux/small-mount.ts';

const mounts = async (): Promise<string> => readFile('/proc/self/mountinfo', 'utf8');

it('unmounts folders that are removed at the same time in fewer runs of a program than there are', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'bulkhead-mounts-'));
  t.after(() => rm(parent, { recursive: true }));
  const folders = Array.from({ length: 8 }, (_, index) => join(parent, `f${index}`));
  for (const folder of folders) {
    await mkdir(folder);
    await using held = await HeldFolder.open(folder);
    if (!(await mountSmall(held))) {
      t.skip('this user or machine can mount nothing');
      return;
    }
    await mkdir(join(folder, 'inside'));
  }
  const listed = (await mounts()).split('\n').filter((line) => line.includes(parent));
  assert.equal(listed.length, folders.length);
  const spawn = t.mock.method(childProcess, 'spawn');
  syncBuiltinESMExports();
  try {
    await Promise.all(folders.map((folder) => removeFolder(folder)));
  } finally {
    spawn.mock.restore();
    syncBuiltinESMExports();
  }
  const runs = spawn.mock.calls.map((call) => (call.arguments as unknown as [string, string[]])[1]);
  assert.ok(runs.length >= 1 && runs.length < folders.length, `${runs.length} runs`);
  assert.equal(runs.flat().filter((word) => word.startsWith('/proc/')).length, folders.length);
  assert.deepEqual(await readdir(parent), []);
  assert.ok(!(await mounts()).includes(parent));
});
