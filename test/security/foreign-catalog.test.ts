/**
 * A directory of catalogs that another user has put where root works. It says which images run and with what, and its
 * sockets are asked for logs and calls: whoever can change it acts as root.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  fileStore,
  PluginCatalog,
  RuntimeCatalog,
  StoreError,
  toPluginEntry,
} from '../../src/catalog/index.ts';
import { PluginHost } from '../../src/host/index.ts';
import { runInProcess } from '../cli/in-process.ts';

/** The account `nobody`, on every distribution. */
const other = 65_534;
const skip = process.geteuid?.() === 0 ? false : 'needs root';

describe('a directory of catalogs of another user', { skip, timeout: 120_000 }, () => {
  let folder = '';
  const start = process.cwd();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'foreign-catalog-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true, force: true });
  });

  const commands: readonly (readonly string[])[] = [
    ['plugin', 'list'],
    ['plugin', 'info', 'secret', 'kv'],
    ['plugin', 'register', '-oci_image=localhost/kv', '-skip_probe', 'secret', 'kv'],
    ['plugin', 'deregister', 'secret', 'kv'],
    ['plugin', 'reload', '-plugin=kv'],
    ['plugin', 'runtime', 'list'],
    ['plugin', 'runtime', 'register', '-type=container', 'mine'],
    ['plugin', 'runtime', 'deregister', '-type=container', 'mine'],
    ['run', 'secret/kv'],
    ['call', 'secret/kv', 'Health/Check'],
    ['logs', 'kv'],
    ['ps'],
  ];
  for (const command of commands) {
    it(`is not used by bulkhead ${command.join(' ')} in the working directory`, async () => {
      await registered(join(folder, 'bulkhead'));
      give(folder);
      const before = listing(folder);
      process.chdir(folder);
      const { status, stderr, stdout } = await runInProcess(command);
      assert.equal(status, 3, stderr);
      assert.match(stderr, /belongs to user 65534 \(nobody\)/);
      assert.match(stderr, /BULKHEAD_TRUSTED_OWNERS=65534/);
      assert.match(stderr, /CATALOG_UNTRUSTED/);
      assert.equal(stdout, '');
      assert.deepEqual(listing(folder), before);
    });
  }

  it('is used when its owner is named as trusted, by number or by name, and in code', async () => {
    const directory = join(folder, 'bulkhead');
    await registered(directory);
    give(folder);
    for (const trusted of ['65534', 'nobody', '12, nobody']) {
      const environment = { BULKHEAD_DIRECTORY: directory, BULKHEAD_TRUSTED_OWNERS: trusted };
      const { status, stdout, stderr } = await runInProcess(['plugin', 'list'], environment);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /kv/);
    }
    const store = fileStore(directory, { trustedOwners: [other] });
    assert.equal((await store.list(['plugins'])).keys.length, 1);
    const wrong = await runInProcess(['plugin', 'list'], { BULKHEAD_TRUSTED_OWNERS: 'no-such-user' });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /no user "no-such-user"/);
  });

  it('is refused by a host and by a store of the library', async () => {
    const directory = join(folder, 'bulkhead');
    await registered(directory);
    give(folder);
    await assert.rejects(PluginHost.open({ directory }), isUntrusted);
    const store = fileStore(directory);
    await assert.rejects(store.list([]), isUntrusted);
    await assert.rejects(store.put(['x'], '{}'), isUntrusted);
    await assert.rejects(store.delete(['x']), isUntrusted);
    await assert.rejects(
      store.exclusively(() => Promise.resolve()),
      isUntrusted,
    );
  });

  it('is not followed to through a link of somebody else, nor through a link of our own', async () => {
    const own = join(folder, 'own');
    await registered(own);
    const link = join(folder, 'bulkhead');
    symlinkSync(own, link);
    lchownSync(link, other, other);
    await assert.rejects(fileStore(link).list([]), isUntrusted);

    const theirs = join(folder, 'theirs');
    renameSync(own, theirs);
    give(theirs);
    rmSync(link);
    symlinkSync(theirs, link);
    await assert.rejects(fileStore(link).list([]), isUntrusted);
  });

  it('does not lead a command to a socket of its owner, nor lets it remove what a link points at', async () => {
    const directory = join(folder, 'bulkhead');
    const victim = join(folder, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'dead.sock'), '');
    mkdirSync(join(directory, 'hosts'), { recursive: true });
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const socket = join(directory, 'hosts', '1.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    give(directory);
    const environment = { BULKHEAD_DIRECTORY: directory };
    const asked = await runInProcess(['plugin', 'reload', '-plugin=kv'], environment);
    assert.equal(asked.status, 3, asked.stderr);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(connections, 0);

    rmSync(join(directory, 'hosts'), { recursive: true });
    symlinkSync(victim, join(directory, 'hosts'));
    lchownSync(join(directory, 'hosts'), other, other);
    assert.equal((await runInProcess(['plugin', 'reload', '-plugin=kv'], environment)).status, 3);
    chownSync(directory, 0, 0);
    assert.equal((await runInProcess(['plugin', 'reload', '-plugin=kv'], environment)).status, 3);
    assert.deepEqual(readdirSync(victim), ['dead.sock']);
  });

  it('may have been ours before somebody else could write to it, or to a folder above it', async () => {
    const above = join(folder, 'above');
    const directory = join(above, 'bulkhead');
    await registered(directory);
    const refused = async (path: string, mode: number, pattern: RegExp) => {
      const before = statSync(path).mode;
      chmodSync(path, mode);
      await assert.rejects(fileStore(directory).list(['plugins', 'secret', 'kv']), isUntrusted);
      await assert.rejects(fileStore(directory).list(['plugins']), (error) => {
        assert.match((error as Error).message, pattern);
        return isUntrusted(error);
      });
      chmodSync(path, before);
    };
    await refused(above, 0o777, /is writable by everybody/);
    await refused(directory, 0o777, /is writable by everybody/);
    await refused(directory, 0o1777, /is writable by everybody/); // as /tmp: others can add what they like
    await refused(join(directory, 'catalog'), 0o707, /is writable by everybody/);
    chownSync(above, 0, other);
    await refused(above, 0o770, /is writable by group 65534/);
    chownSync(above, other, 0);
    await refused(above, 0o700, /belongs to user 65534/);
    chownSync(above, 0, 0);
    chmodSync(above, 0o1777); // others can add to it, and can't take away what is ours
    assert.equal((await fileStore(directory).list(['plugins'])).keys.length, 1);
  });

  it('has no single file of somebody else, and no pipe, in place of an entry', async () => {
    const directory = join(folder, 'bulkhead');
    await registered(directory);
    const store = fileStore(directory);
    const [key] = (await store.list(['plugins'])).keys;
    assert.ok(key);
    const file = store.place(key);
    chownSync(file, other, other);
    await assert.rejects(store.get(key), isUntrusted);
    chownSync(file, 0, 0);
    chmodSync(file, 0o666);
    await assert.rejects(store.get(key), isUntrusted);
    rmSync(file);
    assert.equal(spawnSync('mkfifo', ['-m', '600', file]).status, 0);
    await assert.rejects(store.get(key), (error) => (error as StoreError).code === 'CATALOG_UNREADABLE');
  });

  it('is not made in a folder of somebody else, where nothing is read either', async () => {
    chownSync(folder, other, other);
    const directory = join(folder, 'bulkhead');
    assert.deepEqual(await fileStore(directory).list([]), { keys: [], strange: [] });
    await assert.rejects(
      fileStore(directory).exclusively(() => Promise.resolve()),
      isUntrusted,
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});

async function registered(directory: string): Promise<void> {
  const store = fileStore(directory);
  const plugins = new PluginCatalog(store, new RuntimeCatalog(store));
  await plugins.put(toPluginEntry({ type: 'secret', name: 'kv', ociImage: 'localhost/kv' }));
}

/** Makes everything below a folder, and the folder, somebody else's. */
function give(folder: string): void {
  assert.equal(spawnSync('chown', ['-R', '-h', `${other}:${other}`, folder]).status, 0);
}

function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function isUntrusted(error: unknown): boolean {
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.code, 'CATALOG_UNTRUSTED');
  assert.match(error.hint ?? '', /decides what runs/);
  return true;
}
