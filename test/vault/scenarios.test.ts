/**
 * Life of a mount from registration to removal, as Vault's own tests have it, with the plugin of ../plugins/go-vault;
 * ACCEPTANCE.md says which scenario is tested where.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { PluginHost } from '../../src/index.ts';
import {
  memoryStorage,
  openFileStorage,
  openVaultMount,
  type VaultMount,
  type VaultMountOptions,
  type VaultProblem,
} from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { withFixture } from '../host/with-fixture.ts';
import type { FixtureName } from '../plugins/images.ts';
import { allCells, oneCell, withPlugin, type Cell, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const cell = oneCell();
const skip = cell === undefined && noEngines;
const lockingCell = allCells().find(({ mlock, runtime }) => mlock && runtime === 'runc');
const secrets = { fixture: 'go-vault-fixture', type: 'secret', name: 'fixture' } as const;
/** Docker with runc and with gVisor, and a rootless one with gVisor, all with a plugin that is not root. */
const launchCells = allCells().filter(
  ({ testEngine, runtime, user }) =>
    testEngine.kind === 'docker' && user !== '0:0' && (!testEngine.rootless || runtime === 'runsc'),
);

describe('a plugin that is registered by its version and the id of its image', { skip }, () => {
  for (const place of launchCells) {
    for (const type of ['secret', 'auth'] as const) {
      it(
        `has one folder of sockets while it is mounted, and none afterwards: ${type}, ${place.title}`,
        limits,
        (t) => mountByImageId(t, place, type),
      );
    }
  }
});

describe('a mount from begin to end', { skip }, () => {
  it('is made with others at the same time, and each keeps what is its own', limits, (t) =>
    use(t, 'secret', async ({ host, open }) => {
      const storage = memoryStorage();
      const paths = ['one', 'two', 'three', 'four', 'five'];
      const mounts = await Promise.all(paths.map((path) => open({ path, storage })));
      assert.equal(host.instances().length, 1);
      await Promise.all(mounts.map((mount) => mount.write('entry/mine', { value: mount.path })));
      for (const mount of mounts) assert.equal((await mount.read('entry/mine'))?.data['value'], mount.path);
      await Promise.all(mounts.map((mount) => mount.close()));
      assert.deepEqual(host.instances(), []);
    }),
  );

  it('has secrets created, read, updated, listed and deleted, before a reload and after it', limits, (t) =>
    use(t, 'secret', async ({ host, open }) => {
      await using mount = await open();
      await useEntries(mount);
      await mount.write('entry/kept', { value: 'x' });
      assert.equal(await host.reload('secret', 'fixture'), 1);
      const again = await mount.read('entry/kept');
      assert.deepEqual(again?.data, { value: 'x', cached: false }, 'memory is new, and data are kept');
      await mount.delete('entry/kept');
      await useEntries(mount);
    }),
  );

  it('lets users log in before a reload and after it', limits, (t) =>
    use(t, 'auth', async ({ host, open }) => {
      await using mount = await open();
      const login = await mount.login('login', { user: 'ann', ttl_ms: 60_000 });
      assert.equal(await host.reload('auth', 'fixture'), 1);
      assert.equal((await mount.login('login', { user: 'bob' })).displayName, 'bob');
      const renewed = await mount.renewLogin(login, 'login', {}, { incrementMs: 30 * 24 * 3_600_000 });
      assert.equal(renewed.ttlMs, 30 * 24 * 3_600_000);
    }),
  );

  it('sends rollbacks while it is reloaded, and nothing fails', limits, (t) =>
    use(t, 'secret', async ({ host, open }) => {
      const problems: VaultProblem[] = [];
      const onProblem = (problem: VaultProblem): void => void problems.push(problem);
      const paths = ['one', 'two', 'three'];
      const mounts = await Promise.all(paths.map((path) => open({ path, rollbackMs: 1, onProblem })));
      const ended = new AbortController();
      const reading = mounts.map(async (mount) => {
        while (!ended.signal.aborted) await mount.read('entry/initialized');
      });
      for (let round = 0; round < 3; round += 1)
        assert.equal(await host.reload('secret', 'fixture'), mounts.length);
      ended.abort();
      await Promise.all(reading);
      for (const mount of mounts) {
        await mount.rollback();
        assert.ok(Number((await mount.read('entry/periodic'))?.data['value']) > 0);
        assert.equal((await mount.read('entry/initialized'))?.data['value'], '4');
        await mount.close();
      }
      assert.deepEqual(problems, []);
    }),
  );

  it('is there again with its data and leases after its host has ended', limits, (t) =>
    use(t, 'secret', async ({ host, open, socketDirectory, image }) => {
      const directory = await mkdtemp(join(tmpdir(), 'bulkhead-scenarios-'));
      try {
        const key = randomBytes(32);
        const first = await openFileStorage(directory, { key });
        const mount = await open({ storage: first });
        await mount.write('entry/a', { value: 'kept' });
        const lease = (await mount.read('creds', { ttl_ms: 60_000 }))?.lease;
        await host.close();
        await first.close();

        const { socket: socketPath, runtime } = there(cell);
        await using next = await PluginHost.open({ socketPath, runtime, socketDirectory });
        await next.plugins.register({ type: 'secret', name: 'fixture', ociImage: image });
        await using storage = await openFileStorage(directory, { key });
        await using again = await openVaultMount(next, { type: 'secret', name: 'fixture', storage });
        assert.equal(again.uuid, mount.uuid);
        assert.equal((await again.read('entry/a'))?.data['value'], 'kept');
        await again.revoke(lease?.id ?? '');
        await assert.rejects(again.renew(lease?.id ?? ''), { code: 'VAULT_LEASE_NOT_FOUND' });
      } finally {
        await rm(directory, { recursive: true });
      }
    }),
  );

  it('has the variables that the plugin was registered with', limits, (t) =>
    use(t, 'secret', async ({ host, open, image }) => {
      const env = { VAULT_OF_THE_TEST: 'given' };
      await host.plugins.register({ type: 'secret', name: 'fixture', ociImage: image, env });
      await using mount = await open();
      const seen = (await mount.read('system'))?.data['env'] as string[];
      assert.ok(seen.includes('VAULT_OF_THE_TEST=given'));
    }),
  );

  it('tells a plugin that its memory is locked, in both families of variables', limits, (t) =>
    withPlugin(t, there(lockingCell), secrets, async ({ host }) => {
      await using mount = await openVaultMount(host, { type: 'secret', name: 'fixture' });
      const { env, mlock } = (await mount.read('system'))?.data ?? {};
      assert.equal(mlock, true);
      for (const family of ['VAULT', 'BAO'])
        assert.ok((env as string[]).includes(`${family}_PLUGIN_MLOCK_ENABLED=true`), family);
    }),
  );

  it('learns of a panic by name, and its siblings are served again', limits, (t) =>
    use(t, 'secret', async ({ host, open }) => {
      await using mount = await open({ path: 'one' });
      await using sibling = await open({ path: 'two' });
      await sibling.write('entry/a', { value: 'x' });
      await assert.rejects(mount.read('fail/panic', {}, { idempotent: false }), (error) => {
        assert.match(inspect(error, { depth: 6 }), /the plugin has panicked/);
        return true;
      });
      assert.equal((await sibling.read('entry/a'))?.data['value'], 'x');
      assert.equal((await mount.read('entry/initialized'))?.data['value'], '2');
      assert.equal(host.instances()[0]?.restarts, 1);
    }),
  );

  it(
    'that its plugin does not initialise is taken back, and leaves nothing in a plugin that lives on',
    limits,
    (t) =>
      use(t, 'secret', async ({ host, open }) => {
        await using sibling = await open({ path: 'sibling' });
        const storage = memoryStorage();
        const config = { 'refuse-initialize': 'not today' };
        await assert.rejects(open({ path: 'refused', storage, config }), {
          code: 'VAULT_SETUP_REFUSED',
          message: /not today/,
        });
        assert.equal(host.instances().length, 1);
        assert.equal((await sibling.read('entry/initialized'))?.data['value'], '1');
        await using mount = await open({ path: 'refused', storage });
        assert.equal((await mount.read('entry/cleaned'))?.data['value'], '1', 'it was told to clean up');
      }),
  );
});

describe('a plugin of another kind than it is registered as', { skip }, () => {
  for (const [what, fixture, type, code] of [
    ['a secrets engine as a database', 'go-vault-fixture', 'database', /./],
    ['a plugin that is none of Vault', 'node-kv', 'secret', /./],
  ] as const satisfies readonly (readonly [string, FixtureName, string, RegExp])[]) {
    it(`is refused: ${what}`, limits, (t) =>
      withFixture(t, there(cell), fixture, async ({ host, image }) => {
        await assert.rejects(host.plugins.register({ type, name: 'wrong', ociImage: image }), (error) => {
          assert.match((error as { code?: string }).code ?? '', code);
          return true;
        });
        assert.deepEqual((await host.plugins.list()).entries, []);
      }),
    );
  }

  it('is refused when it has the cookie of Vault and nothing else of it', limits, (t) =>
    withFixture(t, there(cell), 'node-vault-kv', async ({ host, image }) => {
      await host.plugins.register({ type: 'secret', name: 'wrong', ociImage: image });
      await assert.rejects(openVaultMount(host, { type: 'secret', name: 'wrong' }), {
        code: 'PLUGIN_MISMATCH',
        message: /neither a secrets engine nor an auth method/,
      });
      assert.deepEqual(host.instances(), []);
    }),
  );
});

function mountByImageId(t: TestContext, place: Cell, type: 'secret' | 'auth'): Promise<void> {
  return withFixture(t, place, 'go-vault-fixture', async ({ engine, host, image, socketDirectory }) => {
    const { id } = await engine.images.inspect(image);
    await host.runtimes.register({
      type: 'container',
      name: 'chosen',
      ociRuntime: place.runtime,
      user: place.user,
      rootless: place.testEngine.rootless,
    });
    for (const runtime of [undefined, 'chosen']) {
      const { probe } = await host.plugins.register({
        ...{ type, name: 'fixture', version: '1.2.3', ociImage: image, sha256: id },
        ...(type === 'auth' && { args: ['auth'] }),
        ...(runtime && { runtime }),
      });
      assert.equal(probe?.matched, 'id');
      assert.equal(await foldersOfSockets(socketDirectory), 0, 'the probe is over');
      const mount = await openVaultMount(host, { type, name: 'fixture', version: 'v1.2.3', path: 'foo' });
      assert.deepEqual([mount.path, mount.type, mount.reportedVersion], ['foo/', type, 'v1.2.3']);
      assert.deepEqual((await mount.read('wrap'))?.warnings, ['careful']);
      assert.equal(await foldersOfSockets(socketDirectory), 1);
      await mount.close();
      await assert.rejects(mount.read('wrap'), { code: 'MOUNT_CLOSED' });
      assert.deepEqual(host.instances(), []);
      assert.equal(await foldersOfSockets(socketDirectory), 0);
    }
  });
}

/** Tests without a cell are skipped. */
function there(found: Cell | undefined): Cell {
  assert.ok(found !== undefined);
  return found;
}

async function foldersOfSockets(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return new Set(entries.filter((entry) => entry.isSocket()).map(({ parentPath }) => parentPath)).size;
}

async function useEntries(mount: VaultMount): Promise<void> {
  assert.equal((await mount.write('entry/a/b', { value: '1' }))?.data['operation'], 'create');
  assert.equal((await mount.write('entry/a/b', { value: '2' }))?.data['operation'], 'update');
  assert.equal((await mount.read('entry/a/b'))?.data['value'], '2');
  assert.deepEqual(await mount.list('list/a'), ['b']);
  await mount.delete('entry/a/b');
  assert.deepEqual(await mount.list('list/a'), []);
  assert.equal(await mount.read('entry/a/b'), undefined);
}

type Open = (options?: Partial<VaultMountOptions>) => Promise<VaultMount>;

function use(
  t: TestContext,
  type: 'secret' | 'auth',
  test: (given: Given & { readonly open: Open }) => Promise<void>,
): Promise<void> {
  const plugin = { ...secrets, type, args: type === 'auth' ? ['auth'] : [] } as const;
  return withPlugin(t, there(cell), plugin, (given) =>
    test({
      ...given,
      open: (options = {}) => openVaultMount(given.host, { type, name: 'fixture', ...options }),
    }),
  );
}
