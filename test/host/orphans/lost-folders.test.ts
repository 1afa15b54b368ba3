/** Folders of a host that somebody removes while it uses them, as those who tidy up `/tmp` do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PluginHost } from '../../../src/index.ts';
import { PluginHost as Host } from '../../../src/index.ts';
import { OwnedFolders, type LostFolder } from '../../../src/host/orphans/owned-folders.ts';
import { findExecutable, searchPath } from '../../../src/linux/find-executable.ts';
import { fixtureHandshake, loadFixture } from '../../plugins/images.ts';
import { containerOf, describeCells, nextEvent, only, type Cell, type KeyValue } from '../cell.ts';

const limits = { timeout: 180_000 };

describe('a folder for sockets that is removed', () => {
  let above: string;
  let parent: string;
  let folders: OwnedFolders;
  let lost: LostFolder[];
  let path: string;
  before(async () => {
    above = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  });
  after(() => rm(above, { recursive: true }));
  beforeEach(async () => {
    parent = join(above, 'run', 'sockets');
    await rm(join(above, 'run'), { recursive: true, force: true });
    await mkdir(parent, { recursive: true, mode: 0o755 });
    await chmod(join(above, 'run'), 0o750);
    lost = [];
    folders = new OwnedFolders({ hostId: 'host', clusterId: 'cluster' }, (each) => lost.push(each));
    path = await folders.below(parent);
  });

  async function isWhole(folder: string): Promise<void> {
    const found = await lstat(folder);
    assert.ok(found.isDirectory());
    assert.equal(found.mode & 0o7777, 0o700);
    assert.equal(found.uid, process.geteuid?.());
    assert.match(await readFile(join(folder, 'owner.json'), 'utf8'), /"hostId":"host"/);
  }

  const removals: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['itself', () => rm(path, { recursive: true })],
    ['with its parent', () => rm(parent, { recursive: true })],
    ['with all above it', () => rm(join(above, 'run'), { recursive: true })],
  ];
  for (const [what, remove] of removals) {
    it(`is made anew, once told, when it is removed ${what}`, async () => {
      await remove();
      const made = await Promise.all([folders.below(parent), folders.below(parent), folders.below(parent)]);
      assert.deepEqual(made, [path, path, path]);
      await isWhole(path);
      assert.deepEqual(lost, [{ folder: path, reason: 'it was removed', made: path }]);
      assert.equal((await lstat(join(above, 'run'))).mode & 0o7777, 0o750, 'as it was');
      await folders[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(parent), []);
    });
  }

  it('has its record written again when that is removed', async () => {
    await rm(join(path, 'owner.json'));
    assert.equal(await folders.below(parent), path);
    await isWhole(path);
    assert.deepEqual(
      lost.map(({ folder, made }) => [folder, made]),
      [[path, path]],
    );
    assert.equal(await folders.below(parent), path);
    assert.equal(lost.length, 1);
  });

  it('is not replaced by what somebody else puts there: a link, a file, another folder', async () => {
    const victim = join(above, 'victim');
    await mkdir(victim);
    const traps = [
      () => symlink(victim, path),
      () => writeFile(path, ''),
      () => mkdir(path, { mode: 0o777 }),
    ];
    for (const lay of traps) {
      const before = await folders.below(parent);
      path = before;
      await rm(before, { recursive: true });
      await lay();
      const made = await folders.below(parent);
      assert.notEqual(made, before);
      await isWhole(made);
      assert.deepEqual(await readdir(victim), []);
    }
    assert.equal(lost.length, traps.length);
    // A folder may get the inode of the one that was removed; then its permissions tell.
    for (const { reason } of lost)
      assert.match(reason, /something else is in its place|its permissions were changed/);
  });

  it('is made anew when others were let in', async () => {
    await chmod(path, 0o777);
    const made = await folders.below(parent);
    assert.notEqual(made, path);
    await isWhole(made);
  });

  it('is not made below a link that took the place of its parent', async () => {
    const elsewhere = join(above, 'elsewhere');
    await mkdir(elsewhere);
    await rename(parent, `${parent}-moved`);
    await symlink(elsewhere, parent);
    await assert.rejects(folders.below(parent), { code: 'SOCKET_DIRECTORY_FAILED' });
    assert.deepEqual(await readdir(elsewhere), []);
  });
});

describeCells('a host whose folders are removed', (openCell, _, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  async function mounted(host: PluginHost): Promise<KeyValue> {
    await host.plugins.register({ type: 'kv', name: 'kv', ociImage: cell.image }, { skipProbe: true });
    const mount = await host.mount('kv', 'kv');
    return mount.client<KeyValue>(cell.definition);
  }

  itInTurn('starts plugins as before, and says so once', limits, () =>
    cell.withHost({ socketDirectory: join(cell.parent, 'own') }, async (host) => {
      const first = await host
        .start({ image: cell.image, handshake: fixtureHandshake, protocolVersions: [1] })
        .catch((error: unknown) => error);
      assert.match((first as Error).message, /ENOENT|no such file/i, 'a parent that never was is a mistake');
      await mkdir(join(cell.parent, 'own'));
      const start = () =>
        host.start({ image: cell.image, handshake: fixtureHandshake, protocolVersions: [1] });
      await (await start())[Symbol.asyncDispose]();
      const told = nextEvent('bulkhead:folder', ({ host: id }) => id === host.id);
      await rm(join(cell.parent, 'own'), { recursive: true });
      await (await start())[Symbol.asyncDispose]();
      const { folder, made, reason } = await told;
      assert.deepEqual([folder, reason], [made, 'it was removed']);
      await (await start())[Symbol.asyncDispose]();
      await host.close();
      await rm(join(cell.parent, 'own'), { recursive: true });
    }),
  );

  const parts: readonly (readonly [string, (folder: string) => readonly string[]])[] = [
    ['the folder that the plugin sees', (folder) => [join(folder, 's')]],
    ['the private folder', (folder) => [join(folder, 'p')]],
    ['everything', (folder) => [join(folder, 's'), join(folder, 'p'), dirname(folder)]],
  ];
  for (const [what, pathsOf] of parts) {
    itInTurn(`starts a plugin again that has lost ${what}`, limits, () =>
      cell.withHost({ restart: { delayMs: 10 } }, async (host) => {
        const kv = await mounted(host);
        await kv.put({ key: 'k', value: Buffer.from('v') });
        const container = containerOf(only(host));
        const [owned = ''] = await readdir(cell.parent);
        const names = await readdir(join(cell.parent, owned));
        const folder = join(cell.parent, owned, names.find((name) => name.startsWith('bulkhead-')) ?? '');
        const restarting = nextEvent(
          'bulkhead:instance',
          ({ instance }) => instance.state.name === 'restarting',
        );
        for (const path of pathsOf(folder)) spawnSync('rm', ['-rf', path]); // a folder that is mounted stays, emptied
        const { instance } = await restarting;
        assert.match(JSON.stringify(instance.state), /in which its sockets are, was removed/);
        await kv.put({ key: 'k', value: Buffer.from('v') });
        assert.notEqual(containerOf(only(host)), container);
      }),
    );
  }
});

const path = searchPath(process.env['PATH']);
const noPodman =
  process.geteuid?.() !== 0
    ? 'needs root, for a storage of its own'
    : (await findExecutable('podman', path)) === undefined
      ? 'podman is not installed'
      : false;

describe('the embedded Podman of a host', { skip: noPodman, ...limits }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'b-'));
  });
  after(async () => {
    spawnSync('umount', ['-l', join(folder, 'root/overlay')]);
    await rm(folder, { recursive: true, force: true });
  });

  it('is started again when its folder is removed, or it ends; its plugins live on', async () => {
    const host = await Host.open({
      embedded: true,
      podman: { root: join(folder, 'root'), runRoot: join(folder, 'run'), socketDirectory: folder },
      socketDirectory: folder,
      runtime: 'runc',
    });
    try {
      const engine = await host.engine();
      const image = await loadFixture(engine, 'node-faulty');
      assert.ok(image.skipped === undefined);
      const plugin = await host.start({
        image: image.tag,
        handshake: fixtureHandshake,
        protocolVersions: [1],
      });
      const lose: readonly (() => unknown)[] = [
        () => rm(dirname(engine.socketPath), { recursive: true }),
        () => rm(engine.socketPath),
        () => process.kill(servicePid(engine.socketPath), 'SIGKILL'),
      ];
      for (const remove of lose) {
        const told = nextEvent('bulkhead:service', ({ host: id }) => id === host.id);
        await remove();
        const { reason, error } = await told;
        assert.equal(error, undefined);
        assert.match(reason, /was removed|has ended/);
        assert.equal((await engine.containers.inspect(plugin.id ?? '')).state.status, 'running');
        await plugin.health();
      }
      assert.equal(await host.engine(), engine);
      await plugin.stop();
    } finally {
      await host.close();
    }
    const left = (await readdir(folder)).filter((name) => basename(name).startsWith('bulkhead-'));
    assert.deepEqual(left, []);
  });
});

/** The process that serves on a socket, found by its command line. */
function servicePid(socketPath: string): number {
  const { stdout } = spawnSync('pgrep', ['-f', `podman .*system service .*${socketPath}`], {
    encoding: 'utf8',
  });
  const pid = Number(stdout.trim().split('\n').at(-1));
  assert.ok(pid > 0, stdout);
  return pid;
}
