/** Folders of hosts that are killed while they make and remove them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, it } from 'node:test';
import { OwnedFolders, sweepFolders } from '../../../src/host/orphans/owned-folders.ts';

let parent: string;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
});
after(() => rm(parent, { recursive: true }));

/** Makes and removes folders until it is killed; says when it has begun. */
const program = `
import { OwnedFolders } from './src/host/orphans/owned-folders.ts';
const [parent] = process.argv.slice(1);
for (let round = 0; ; round += 1) {
  const folders = new OwnedFolders({ hostId: 'dead', clusterId: 'cluster' });
  await folders.below(parent);
  await folders[Symbol.asyncDispose]();
  if (round === 3) console.log('begun');
}
`;

it('are all found, wherever that was', { timeout: 60_000 }, async () => {
  const lives = Array.from({ length: 10 }, async () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', program, parent];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exit]);
    assert.equal(child.exitCode, null);
    child.kill('SIGKILL');
    await exit;
  });
  await Promise.all(lives);
  const left = await readdir(parent);
  assert.deepEqual(await sweepFolders(parent, 'another cluster'), []);
  assert.deepEqual(await readdir(parent), left);
  await sweepFolders(parent, 'cluster');
  assert.deepEqual(await readdir(parent), []);
});

it('are left alone while their hosts live, and with what others have in them', async () => {
  const folders = new OwnedFolders({ hostId: 'living', clusterId: 'cluster' });
  const path = await folders.below(parent);
  assert.deepEqual(await sweepFolders(parent, 'cluster'), []);
  await mkdir(join(path, "somebody's"));
  await folders[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(path), ["somebody's"]);
  assert.deepEqual(await sweepFolders(parent, 'cluster'), []);
});

it('are looked at once for all that ask meanwhile, and anew for whoever asks after a look has begun', async () => {
  const own = await mkdtemp(join(parent, 'own-'));
  const lost: string[] = [];
  const owner = { hostId: 'together', clusterId: 'cluster' };
  await using folders = new OwnedFolders(owner, ({ folder }) => void lost.push(folder));
  const first = folders.below(own);
  const second = folders.below(own);
  assert.equal(folders.below(own), second, 'one look for both');
  assert.notEqual(first, second, 'the first had begun');
  const path = await first;
  assert.equal(await second, path);

  await rm(path, { recursive: true });
  const anew = await Promise.all([folders.below(own), folders.below(own), folders.below(own)]);
  assert.deepEqual(anew, [path, path, path]);
  assert.deepEqual(lost, [path]);
  assert.deepEqual(await readdir(own), [basename(path)]);
});
