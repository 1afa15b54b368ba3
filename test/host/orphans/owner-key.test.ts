/** The key by which a user's processes know what is theirs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ownerKey } from '../../../src/host/orphans/owner-key.ts';

const asRoot = process.geteuid?.() === 0 ? false : 'needs root, to make files of another user';
const nobody = 65_534;

describe("the user's key", () => {
  let parent: string;
  let state: string;
  let directory: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  });
  beforeEach(async () => {
    state = await mkdtemp(join(parent, 'state-'));
    directory = await mkdtemp(join(parent, 'directory-'));
  });
  after(() => rm(parent, { recursive: true }));

  /** With a home that does not exist, so that only the state folder and the directory are left; not the account's home. */
  const asked = () => ownerKey({ directory, environment: { XDG_STATE_HOME: state, HOME: '/nonexistent' } });
  const file = () => join(state, 'bulkhead', 'owner.key');

  it('is made once, for its owner only, by however many at the same time', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, asked));
    assert.equal(new Set(keys.map(({ key }) => key.toString('hex'))).size, 1);
    assert.ok(keys.every(({ key, lasts }) => key.length === 32 && lasts));
    assert.deepEqual(await readdir(join(state, 'bulkhead')), ['owner.key']);
    assert.equal((await stat(file())).mode & 0o777, 0o600);
    assert.equal((await stat(join(state, 'bulkhead'))).mode & 0o777, 0o700);
    assert.deepEqual((await asked()).key, await readFile(file()));
  });

  const traps: readonly [string, () => Promise<void>][] = [
    ['a FIFO', () => Promise.resolve(void execFileSync('mkfifo', ['-m', '600', file()]))],
    [
      'a link to a file of this user',
      async () => {
        await writeFile(join(directory, 'known'), Buffer.alloc(32, 'k'), { mode: 0o600 });
        await symlink(join(directory, 'known'), file());
      },
    ],
    ['a file that others can read', () => writeFile(file(), Buffer.alloc(32, 'k'), { mode: 0o644 })],
    ['a file that is cut short', () => writeFile(file(), '', { mode: 0o600 })],
  ];
  for (const [what, lay] of traps) {
    it(`is not taken from ${what}`, async () => {
      await mkdir(join(state, 'bulkhead'), { mode: 0o700 });
      await lay();
      const before = await lstat(file());
      const { key } = await asked();
      assert.notDeepEqual(key, Buffer.alloc(32, 'k'));
      assert.deepEqual(await lstat(file()), before, 'what lies there is not touched');
    });
  }

  it('is not kept where others may replace it', async () => {
    await mkdir(join(state, 'bulkhead'));
    await chmod(join(state, 'bulkhead'), 0o777);
    await asked();
    assert.deepEqual(await readdir(join(state, 'bulkhead')), []);
  });

  it('is not taken from, nor made below, the folder of another user', { skip: asRoot }, async () => {
    await mkdir(join(state, 'bulkhead'), { mode: 0o700 });
    await writeFile(file(), Buffer.alloc(32, 'k'), { mode: 0o600 });
    await chown(file(), nobody, nobody);
    assert.notDeepEqual((await asked()).key, Buffer.alloc(32, 'k'));
    await chown(join(state, 'bulkhead'), nobody, nobody);
    await rm(file());
    await asked();
    assert.deepEqual(await readdir(join(state, 'bulkhead')), []);
    await rm(join(state, 'bulkhead'), { recursive: true });
    await chown(state, nobody, nobody);
    await asked();
    assert.deepEqual(await readdir(state), []);
  });
});
