import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makePluginFolder, placePluginFolder } from '../../src/container/sockets/plugin-folder.ts';
import { BulkheadError, InvalidOptionError } from '../../src/errors.ts';

const isRoot = process.geteuid?.() === 0;

describe('the socket directory', () => {
  let parent: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sockets-'));
  });
  after(async () => {
    await rm(parent, { recursive: true, force: true });
  });

  it('is private to owner and group, and gone after its disposal', async () => {
    const directory = await makePluginFolder({ mode: 0o770 }, { parent });
    const { mode, uid } = await stat(directory.path);
    assert.equal(mode & 0o7777, 0o770);
    assert.equal(uid, process.geteuid?.());
    await directory[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(parent), []);
  });

  it('belongs to the group and the owner that the strategy names', async (t) => {
    if (!isRoot) {
      t.skip('only root may give a directory away');
      return;
    }
    await using shared = await makePluginFolder({ mode: 0o770, gid: 64999 }, { parent });
    assert.equal((await stat(shared.path)).gid, 64999);
    await using given = await makePluginFolder({ mode: 0o770, owner: { uid: 1234, gid: 2345 } }, { parent });
    const { uid, gid } = await stat(given.path);
    assert.deepEqual({ uid, gid }, { uid: 1234, gid: 2345 });
  });

  it('is the one that an engine is told of, before it has its owner', async (t) => {
    if (!isRoot) {
      t.skip('only root may mount');
      return;
    }
    const place = { parent, engineSees: () => Promise.resolve(true) };
    await using placed = await placePluginFolder({ mode: 0o770, gid: 64999 }, place);
    const { dev, ino } = await stat(placed.path);
    const ready = await placed.ready;
    const made = await stat(ready.path);
    assert.deepEqual([made.dev, made.ino, made.gid], [dev, ino, 64999]);
    assert.ok(ready.bounds.bounded);
  });

  it('names the host user in its default ACL where the strategy asks for it', async (t) => {
    if (!hasCommand('setfacl') || !hasCommand('getfacl')) {
      t.skip('setfacl and getfacl are not installed');
      return;
    }
    await using directory = await makePluginFolder({ mode: 0o770, defaultAclUid: 4321 }, { parent });
    const acl = execFileSync('getfacl', ['-cnpd', directory.path], { encoding: 'utf8' });
    assert.match(acl, /^user:4321:rw-$/m);
    assert.match(acl, /^other::---$/m);
  });

  it('leaves nothing when it can not be made as planned', async (t) => {
    if (isRoot) {
      t.skip('root may give a directory to any group');
      return;
    }
    await assert.rejects(makePluginFolder({ mode: 0o770, gid: 1 }, { parent }), {
      code: 'SOCKET_DIRECTORY_FAILED',
    });
    assert.deepEqual(await readdir(parent), []);
  });

  it('says so when its parent is missing', async () => {
    await assert.rejects(
      makePluginFolder({ mode: 0o770 }, { parent: join(parent, 'missing') }),
      (error) => error instanceof BulkheadError && error.code === 'SOCKET_DIRECTORY_FAILED',
    );
  });

  it('refuses a parent whose sockets would have too long a path', async () => {
    await assert.rejects(
      makePluginFolder({ mode: 0o770 }, { parent: `/${'x'.repeat(80)}` }),
      (error) => error instanceof InvalidOptionError && error.message.includes('107'),
    );
  });
});

function hasCommand(name: string): boolean {
  try {
    execFileSync('which', [name]);
    return true;
  } catch {
    return false;
  }
}
