/** What the commands for mounts refuse before any plugin is started, on real storages. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bulkhead } from './bulkhead.ts';
import { MountTable } from '../../src/vault/kept/mount-table.ts';
import { openKeptStorage } from '../../src/vault/kept/kept-storage.ts';

const wanted = { type: 'secret', name: 'kv', version: '', config: {}, description: '' } as const;

/** A directory in which something is mounted at `secret/`, without a plugin behind it. */
async function directory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'bulkhead-mounts-'));
  const storage = await openKeptStorage({ directory: path, trustedOwners: [] }, { make: true });
  assert.ok(storage !== undefined);
  const table = await MountTable.open(storage);
  await table.make({ ...wanted, path: 'secret/' }, () => Promise.resolve());
  await storage.close();
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true });
    },
  };
}

const run = (path: string, ...words: string[]) => bulkhead(words, { BULKHEAD_DIRECTORY: path });

describe('the commands for mounts refuse', () => {
  it('what is no data, and quote none of it', async () => {
    await using given = await directory();
    for (const words of [
      ['write', 'secret/x', 'hunter2-the-password'],
      ['write', 'secret/x', '=hunter2-the-password'],
      ['write', 'secret/x', 'a=b', 'hunter2-the-password'],
    ]) {
      const { status, stderr } = run(given.path, ...words);
      assert.equal(status, 2);
      assert.match(stderr, /is not KEY=VALUE/);
      assert.doesNotMatch(stderr, /hunter2/);
    }
    const json = bulkhead(['write', 'secret/x', '-'], { BULKHEAD_DIRECTORY: given.path }, '{"a": hunter2');
    assert.equal(json.status, 2);
    assert.match(json.stderr, /the standard input is not an object of JSON/);
    assert.doesNotMatch(json.stderr, /hunter2/);
    assert.match(run(given.path, 'write', 'secret/x').stderr, /write needs data/);
    assert.match(run(given.path, 'write', 'secret/x', 'a=-', '-').stderr, /read once/);
    const file = run(given.path, 'write', 'secret/x', 'a=@/nonexistent/file');
    assert.deepEqual([file.status, file.stderr.includes('FILE_UNUSABLE')], [3, true]);
    assert.equal(run(given.path, 'read', '/').status, 2);
  });

  it('a path at which nothing is mounted, and name what is', async () => {
    await using given = await directory();
    const { status, stderr } = run(given.path, 'read', 'other/x');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /VAULT_MOUNT_NOT_FOUND: nothing is mounted at the path other\/x\n.*There are secret\//,
    );
    assert.match(run(given.path, 'read', 'secre').stderr, /VAULT_MOUNT_NOT_FOUND/);
    const empty = await mkdtemp(join(tmpdir(), 'bulkhead-mounts-'));
    assert.match(run(empty, 'read', 'secret/x').stderr, /VAULT_MOUNT_NOT_FOUND[^]*secret enable/);
    assert.equal(run(empty, 'secret', 'disable', 'secret').status, 0);
    assert.equal(run(empty, 'secret', 'list', '-format=json').stdout, '{}\n');
    assert.deepEqual(await readdir(empty), [], 'nothing was made');
    await rm(empty, { recursive: true });
  });

  it('a path that is in use, reserved, or none', async () => {
    await using given = await directory();
    for (const path of ['secret', 'secret/below', '/secret/'])
      assert.match(run(given.path, 'secret', 'enable', `-path=${path}`, 'kv').stderr, /VAULT_PATH_IN_USE/);
    for (const path of ['auth/x', 'sys', 'identity/y']) {
      const { status, stderr } = run(given.path, 'secret', 'enable', `-path=${path}`, 'kv');
      assert.deepEqual([status, stderr.includes('reserved as in Vault')], [2, true], stderr);
    }
    for (const path of ['a//b', '..', 'a/../b', '', '/'])
      assert.equal(run(given.path, 'secret', 'enable', `-path=${path}`, 'kv').status, 2, path);
    assert.match(
      run(given.path, 'secret', 'enable', '-options=version', 'kv').stderr,
      /-options takes NAME=VALUE/,
    );
  });

  it('a wrong key, a key that others can read, none where one is needed, and what is no key', async () => {
    await using given = await directory();
    const key = join(given.path, 'vault', 'key');
    const right = await readFile(key, 'utf8');
    assert.match(right, /^[0-9a-f]{64}\n$/);
    const other = join(given.path, 'other.key');
    await writeFile(other, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
    const wrong = run(given.path, 'secret', 'list', `-key_file=${other}`);
    assert.deepEqual(
      [wrong.status, wrong.stderr.includes('VAULT_STORAGE_WRONG_KEY')],
      [2, true],
      wrong.stderr,
    );
    assert.doesNotMatch(wrong.stderr, /abab/);

    const moved = join(given.path, 'moved.key');
    await writeFile(moved, Buffer.from(right.trim(), 'hex').toString('base64'), { mode: 0o600 });
    const environment = { BULKHEAD_DIRECTORY: given.path, BULKHEAD_STORAGE_KEY_FILE: moved };
    assert.match(bulkhead(['secret', 'list'], environment).stdout, /^secret\//m);

    await chmod(key, 0o640);
    const loose = run(given.path, 'secret', 'list');
    assert.deepEqual(
      [loose.status, /FILE_UNUSABLE[^]*chmod 600/.test(loose.stderr)],
      [3, true],
      loose.stderr,
    );
    await chmod(key, 0o600);
    await writeFile(key, 'a word that is secret\n');
    const none = run(given.path, 'secret', 'list');
    assert.match(none.stderr, /FILE_UNUSABLE: .*holds no key/);
    assert.doesNotMatch(none.stderr, /a word/);
    await rm(key);
    for (const words of [['secret', 'list'], ['secret', 'enable', '-path=more', 'kv'], ['serve']]) {
      const lost = run(given.path, ...words);
      assert.deepEqual([lost.status, lost.stderr.includes('has lost its key')], [3, true], lost.stderr);
    }
    assert.ok(!(await readdir(join(given.path, 'vault'))).includes('key'), 'no other key was made');
    await writeFile(key, right, { mode: 0o600 });
    assert.match(run(given.path, 'secret', 'list').stdout, /^secret\//m);
  });

  it('a storage that was cut short, and name the file', async () => {
    await using given = await directory();
    const storage = join(given.path, 'vault', 'storage');
    const files = await readdir(storage, { recursive: true });
    const entry = files.find((name) => name.endsWith('.entry')) ?? '';
    await truncate(join(storage, entry), 10);
    for (const words of [['secret', 'list'], ['read', 'secret/x'], ['serve']]) {
      const { status, stderr } = run(given.path, ...words);
      assert.equal(status, 3);
      assert.match(stderr, /VAULT_STORAGE_DAMAGED: .*\.entry was cut short or altered/);
    }
  });

  it('a mount that was interrupted: it is gone with the next command', async () => {
    await using given = await directory();
    const at = { directory: given.path, trustedOwners: [] };
    const storage = await openKeptStorage(at, { make: false });
    assert.ok(storage !== undefined);
    await storage.put('core/mounts/half', { value: Buffer.from('{"uuid":"h","unfinished":true}') });
    await storage.put('mounts/h/data/left', { value: Buffer.from('x') });
    await storage.close();
    assert.doesNotMatch(run(given.path, 'secret', 'list').stdout, /half/);
    await using again = await openKeptStorage(at, { make: false });
    assert.deepEqual(await again?.list('mounts/'), []);
  });
});
