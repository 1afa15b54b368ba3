/** What a mount does with a plugin on Vault's SDK that does what it is told; see ../plugins/go-vault/main.go. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  memoryStorage,
  openVaultMount,
  VaultStorageError,
  type VaultEvent,
  type VaultMount,
  type VaultMountOptions,
  type VaultProblem,
  type VaultStorage,
} from '../../src/vault/index.ts';
import { noEngines } from '../engines/engines.ts';
import { killPlugin, oneCell, withPlugin, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const cell = oneCell();

describe('a mount', { skip: cell === undefined && noEngines }, () => {
  const withSecrets = (t: TestContext, test: (given: Given & { open: Open }) => Promise<void>) =>
    use(t, 'secret', test);

  it('sets a plugin up in order, with a storage that is read-only until it is initialised', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const storage = memoryStorage();
      await using mount = await open({ storage });
      assert.deepEqual([mount.type, mount.reportedVersion, mount.path], ['secret', 'v1.2.3', 'fixture/']);
      assert.deepEqual(mount.specialPaths.unauthenticated, ['login', 'open/*']);
      assert.deepEqual(mount.specialPaths.root, ['root/*']);
      assert.deepEqual(mount.specialPaths.sealWrapStorage, ['sealed/']);
      assert.equal((await mount.read('entry/initialized'))?.data['value'], '1');
      await assert.rejects(open({ path: 'other', config: { 'write-in-setup': '1' } }), {
        code: 'VAULT_SETUP_REFUSED',
        message: /put in setup: .*cannot write to storage during setup/,
      });
      await assert.rejects(open({ path: 'third', config: { refuse: 'the moon is full' } }), {
        code: 'VAULT_SETUP_REFUSED',
        message: /the moon is full/,
      });
      assert.equal(
        (await mount.read('entry/initialized'))?.data['value'],
        '1',
        'the others are not disturbed',
      );
    }),
  );

  it('refuses a plugin of the other type, and one that is not registered as it is mounted', limits, (t) =>
    withSecrets(t, async ({ host, open }) => {
      const { entries } = await host.plugins.list();
      const ociImage = entries[0]?.ociImage ?? '';
      const wrong = { type: 'auth', name: 'wrong', ociImage, runtime: 'cell' } as const;
      await assert.rejects(host.plugins.register(wrong), { code: 'PLUGIN_MISMATCH' });
      await host.plugins.register(wrong, { skipProbe: true });
      await assert.rejects(openVaultMount(host, { type: 'auth', name: 'wrong' }), {
        code: 'PLUGIN_MISMATCH',
      });
      await assert.rejects(open({ name: 'nobody' }), { code: 'CATALOG_NOT_FOUND' });
      await assert.rejects(
        host.plugins.register({ type: 'secret', name: 'v', ociImage, runtime: 'cell', version: '9.9.9' }),
        { code: 'PLUGIN_MISMATCH', message: /reports the version v1\.2\.3, not v9\.9\.9/ },
      );
      assert.deepEqual(host.instances(), []);
    }),
  );

  it('throws the errors of a plugin as Vault answers them', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      await using mount = await open();
      for (const [how, status, type, text] of [
        ['denied', 403, 'permission-denied', 'permission denied'],
        ['coded', 429, 'coded', 'slow down'],
        ['invalid', 400, 'invalid-request', 'invalid request'],
        ['bad', 400, 'bad-request', 'bad words'],
        ['response', 400, 'response', 'no such thing'],
        ['both', 400, 'invalid-request', 'it is your fault'],
        ['operation', 405, 'unsupported-operation', 'unsupported operation'],
        ['other', 500, 'unknown', 'something broke'],
      ] as const) {
        await assert.rejects(mount.read(`fail/${how}`), { status, type, text }, how);
      }
      await assert.rejects(mount.read('no/such/path'), { status: 404, type: 'unsupported-path' });
      await assert.rejects(mount.write('no/such/path'), { status: 404, type: 'unsupported-path' });
      await assert.rejects(mount.delete('raw'), { status: 405 });
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      await assert.rejects(mount.write('entry/a', circle), { code: 'INVALID_OPTION', option: 'data' });
      await assert.rejects(mount.read('a\0b'), { code: 'INVALID_OPTION', option: 'path' });
      await assert.rejects(mount.read('raw', {}, { timeoutMs: -1 }), { code: 'INVALID_OPTION' });
    }),
  );

  it('hands on raw answers, long numbers and warnings, and what the caller says of itself', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      await using mount = await open({ path: 'a/b' });
      const raw = (await mount.read('raw'))?.raw;
      assert.deepEqual(
        [raw?.status, raw?.contentType, [...(raw?.body ?? [])]],
        [418, 'application/octet-stream', [0, 1, 255]],
      );
      assert.deepEqual((await mount.read('numbers'))?.data, {
        max: 9223372036854775807n,
        min: -9223372036854775808n,
        unsigned: 18446744073709551615n,
        small: 7,
      });
      assert.deepEqual((await mount.read('wrap', {}, { wrapTtlMs: 60_000 }))?.data['asked'], '1m0s');
      assert.deepEqual((await mount.read('wrap'))?.warnings, ['careful']);
      const seen = await requestOf(mount, 'request', {
        id: 'r1',
        displayName: 'me',
        entityId: 'e1',
        clientToken: 'hash',
        headers: { 'X-A': ['1', '2'] },
        connection: { remoteAddress: '10.0.0.1', remotePort: 99 },
      });
      assert.deepEqual(
        [
          seen['id'],
          seen['display_name'],
          seen['entity_id'],
          seen['client_token'],
          seen['mount_point'],
          seen['mount_type'],
        ],
        ['r1', 'me', 'e1', 'hash', 'a/b/', 'fixture'],
      );
      assert.deepEqual(seen['headers'], { 'X-A': ['1', '2'] });
      assert.deepEqual(seen['unauthenticated'], false);
      assert.equal((seen['connection'] as Record<string, unknown>)['remote_addr'], '10.0.0.1');
      assert.equal((await requestOf(mount, 'open/request'))['unauthenticated'], true);
    }),
  );

  it('creates what is not there, and updates what is', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      await using mount = await open();
      assert.equal((await mount.write('entry/a', { value: 'x' }))?.data['operation'], 'create');
      assert.equal((await mount.write('entry/a', { value: 'y' }))?.data['operation'], 'update');
      assert.equal(await mount.exists('entry/a'), true);
      assert.equal(await mount.exists('raw'), undefined);
      assert.equal(await mount.delete('entry/a'), undefined);
      assert.equal(await mount.read('entry/a'), undefined);
    }),
  );

  it('carries a value of 32 MiB', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      await using mount = await open();
      const value = 'v'.repeat(32 * 1024 * 1024);
      await mount.write('entry/large', { value });
      assert.equal((await mount.read('entry/large'))?.data['value'], value);
    }),
  );

  it('tells a plugin of the system what it is given, in both families of variables', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      await using mount = await open({
        system: {
          defaultLeaseTtlMs: 3_600_000,
          maxLeaseTtlMs: 7_200_000,
          clusterId: 'our-cluster',
          localMount: true,
          entity: (id) => ({ id, name: `entity ${id}` }),
          groups: () => [{ id: 'g', name: 'our group' }],
          passwordPolicies: { short: { length: 8, rules: [{ charset: 'ab' }] } },
        },
      });
      const { env, password, no_policy: noPolicy, ...system } = (await mount.read('system'))?.data ?? {};
      assert.deepEqual(system, {
        default_ttl: '1h0m0s',
        max_ttl: '2h0m0s',
        tainted: false,
        caching_disabled: false,
        local: true,
        mlock: false,
        replication: 12_288,
        entity: 'entity e1',
        group: 'our group',
        version: '1.21.4',
        cluster: 'our-cluster',
      });
      assert.match(String(noPolicy), /no password policy unknown/);
      assert.match(String(password), /^[ab]{8}$/);
      for (const family of ['VAULT', 'BAO']) {
        assert.ok(!(env as string[]).some((variable) => variable.startsWith(`${family}_PLUGIN_MLOCK`)));
        for (const [name, value] of [
          ['VERSION', '1.21.4'],
          ['PLUGIN_METADATA_MODE', 'false'],
          ['PLUGIN_AUTOMTLS_ENABLED', 'true'],
        ] as const)
          assert.ok((env as string[]).includes(`${family}_${name}=${value}`), `${family}_${name}`);
      }
    }),
  );

  it(
    'bears plugins that take back the rotation of credentials, and says of one that it is not done',
    limits,
    (t) =>
      withSecrets(t, async ({ open }) => {
        await using mount = await open();
        const { register, identity } = (await mount.read('rotation'))?.data ?? {};
        assert.match(String(register), /does not rotate credentials/);
        assert.match(String(identity), /makes no identity tokens/);
      }),
  );

  it('hears of events', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const events: VaultEvent[] = [];
      await using mount = await open({ onEvent: (event) => void events.push(event) });
      await mount.read('event');
      const [event] = events;
      assert.deepEqual([event?.type, event?.metadata['key']], ['test/happened', 'value']);
    }),
  );

  it('sends the rollback at its time and on demand, and not twice at once', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const watched = watchedStorage();
      await using mount = await open({ storage: watched.storage, rollbackMs: 1 });
      await watched.until('periodic');
      await watched.until('periodic');
      await mount.close();
      await using quiet = await open({ rollbackMs: false });
      await Promise.all([quiet.rollback(), quiet.rollback()]);
      assert.equal((await quiet.read('entry/periodic'))?.data['value'], '1');
    }),
  );

  it('says why its storage failed, and tells the plugin nothing of this machine', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const problems: VaultProblem[] = [];
      const storage = memoryStorage({ maxBytes: 4096 });
      await using mount = await open({ storage, onProblem: (problem) => void problems.push(problem) });
      await assert.rejects(mount.write('entry/a', { value: 'v'.repeat(5000) }), (error: Error) => {
        assert.match(error.message, /VAULT_STORAGE_FULL: The storage of a mount has no room/);
        assert.ok(error.cause instanceof VaultStorageError && error.cause.code === 'VAULT_STORAGE_FULL');
        return true;
      });
      assert.equal(problems.length, 1);
      await mount.write('entry/a', { value: 'fits' });

      const broken = watchedStorage();
      const reports: string[] = [];
      const onProblem = ({ what }: VaultProblem): void => void reports.push(what);
      await using other = await open({ storage: broken.storage, path: 'broken', onProblem });
      broken.failure = new Error('/secret/path is gone');
      await assert.rejects(other.write('entry/a', { value: 'x' }), (error: Error) => {
        assert.doesNotMatch(error.message, /secret/);
        assert.equal(error.cause, broken.failure);
        return true;
      });
      reports.length = 0;
      const attempts = Array.from({ length: 100 }, () => other.write('entry/a', { value: 'x' }));
      assert.ok((await Promise.allSettled(attempts)).every(({ status }) => status === 'rejected'));
      assert.ok(reports.length < 100, 'it does not fill the log');
      broken.failure = undefined;
      await other.write('entry/a', { value: 'x' });
    }),
  );

  it('waits for a storage that is slow, as long as the caller does', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const slow = watchedStorage();
      await using mount = await open({ storage: slow.storage });
      const held = slow.hold();
      const ends = new AbortController();
      const waiting = mount.write('entry/a', { value: 'x' }, { signal: ends.signal });
      const reason = new Error('enough');
      await held.reached;
      ends.abort(reason);
      await assert.rejects(waiting, reason);
      held.release();
      await mount.write('entry/b', { value: 'x' });
    }),
  );

  it('gives a plugin no storage after its cleanup', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const watched = watchedStorage();
      await using keeps = await open({ path: 'keeps' });
      const mount = await open({ storage: watched.storage });
      await mount.close();
      const after = watched.puts;
      await keeps.write('entry/a', { value: 'x' }); // the plugin has been asked something since then
      assert.equal(watched.puts, after);
      await assert.rejects(mount.read('raw'), { code: 'MOUNT_CLOSED' });
    }),
  );

  it('sets a plugin up anew when it has died, and repeats only reads', limits, (t) =>
    withSecrets(t, async ({ engine, open }) => {
      await using mount = await open();
      await using other = await open({ path: 'other' });
      await mount.write('entry/a', { value: 'x' });
      await killPlugin(engine, mount);
      assert.equal((await mount.read('entry/a'))?.data['value'], 'x');
      assert.equal((await mount.read('entry/initialized'))?.data['value'], '2');
      assert.equal((await other.read('entry/initialized'))?.data['value'], '2');
      await assert.rejects(mount.read('die', {}, { idempotent: false }), { code: 'CALL_OUTCOME_UNKNOWN' });
      assert.equal((await mount.read('entry/a'))?.data['value'], 'x');
    }),
  );

  it('tells the plugins of other mounts and of other generations what has changed', limits, (t) =>
    withSecrets(t, async ({ host, open }) => {
      const storage = memoryStorage();
      await using one = await open({ storage, path: 'same' });
      await using two = await open({ storage, path: 'same', share: false });
      assert.equal(host.instances().length, 2);
      await one.write('entry/a', { value: '1' });
      assert.equal((await two.read('entry/a'))?.data['value'], '1');
      assert.deepEqual((await two.read('entry/a'))?.data, { value: '1', cached: true });
      await one.write('entry/a', { value: '2' });
      assert.deepEqual((await two.read('entry/a'))?.data, { value: '2', cached: false });

      const mounts = [one.mount.mountId];
      await host.reload('secret', 'fixture', { mounts });
      assert.equal((await one.read('entry/a'))?.data['value'], '2');
      await two.write('entry/a', { value: '3' });
      assert.deepEqual((await one.read('entry/a'))?.data, { value: '3', cached: false });
    }),
  );

  it('keeps leases: renewed, revoked, and revoked when their time is over', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const watched = watchedStorage();
      const { storage } = watched;
      await using mount = await open({ storage });
      const made = await mount.read('creds', { ttl_ms: 60_000, max_ms: 3_600_000 });
      const lease = made?.lease;
      assert.ok(lease);
      assert.ok(lease.id.startsWith('fixture/creds/'));
      assert.deepEqual([lease.ttlMs, lease.maxTtlMs, lease.renewable], [60_000, 3_600_000, true]);
      const renewed = await mount.renew(lease.id, { incrementMs: 120_000 });
      assert.ok(Math.abs(renewed.ttlMs - 120_000) < 1000);
      const most = await mount.renew(lease.id, { incrementMs: 24 * 3_600_000 });
      assert.ok(most.expiresAt.getTime() <= lease.issuedAt.getTime() + 3_600_000);
      assert.deepEqual(
        (await mount.leases()).map(({ id }) => id),
        [lease.id],
      );
      await mount.revoke(lease.id);
      assert.equal((await mount.read('entry/revoked'))?.data['value'], '1');
      for (const gone of [lease.id, 'fixture/creds/never'])
        await assert.rejects(mount.renew(gone), { code: 'VAULT_LEASE_NOT_FOUND' });
      await assert.rejects(mount.revoke(lease.id), { code: 'VAULT_LEASE_NOT_FOUND' });

      const fixed = (await mount.read('creds', { ttl_ms: 60_000, fixed: true }))?.lease?.id ?? '';
      await assert.rejects(mount.renew(fixed), { code: 'VAULT_LEASE_NOT_RENEWABLE' });

      const revoked = watched.until('revoked');
      await mount.read('creds', { ttl_ms: 1 });
      await revoked;

      // A lease outlives its mount, and is revoked by the next one if its time is over by then.
      const short = await mount.read('creds', { ttl_ms: 60_000 });
      await mount.close();
      await using next = await open({ storage });
      assert.ok((await next.leases()).some(({ id }) => id === short?.lease?.id));
      await next.revoke(short?.lease?.id ?? '');
      await next.destroy();
      assert.deepEqual(await storage.list(''), []);
    }),
  );

  it('keeps a lease whose revocation failed', limits, (t) =>
    withSecrets(t, async ({ open }) => {
      const problems: VaultProblem[] = [];
      let told: () => void = () => undefined;
      const problem = new Promise<void>((resolve) => (told = resolve));
      await using mount = await open({
        onProblem: (each) => {
          problems.push(each);
          told();
        },
      });
      const lease = (await mount.read('creds', { ttl_ms: 60_000, unhealthy: 'database is away' }))?.lease;
      await assert.rejects(mount.revoke(lease?.id ?? ''), { status: 500, text: 'database is away' });
      await mount.read('creds', { ttl_ms: 1, unhealthy: 'database is away' });
      await problem;
      assert.match(problems[0]?.what ?? '', /could not be revoked; it will be tried again/);
      assert.equal((await mount.leases()).length, 2);
      await assert.rejects(mount.destroy(), { status: 500 });
      await mount.destroy({ force: true });
    }),
  );
});

describe('a mount of an auth method', { skip: cell === undefined && noEngines }, () => {
  it('logs in and renews', limits, (t) =>
    use(t, 'auth', async ({ open }) => {
      await using mount = await open();
      assert.equal(mount.path, 'auth/fixture/');
      const login = await mount.login('login', { user: 'ann', ttl_ms: 60_000 });
      assert.deepEqual(
        [login.displayName, login.policies, login.metadata, login.alias?.name, login.groupAliases[0]?.name],
        ['ann', ['p1', 'p2'], { user: 'ann' }, 'ann', 'group'],
      );
      assert.deepEqual(
        [login.ttlMs, login.periodMs, login.numUses, login.renewable],
        [60_000, 3_600_000, 3, true],
      );
      const renewed = await mount.renewLogin(login, 'login', { user: 'ann' }, { incrementMs: 30_000 });
      assert.equal(renewed.ttlMs, 30_000);
      assert.deepEqual(renewed.issuedAt, login.issuedAt);
      await assert.rejects(mount.login('login', {}), { status: 403 });
      await assert.rejects(mount.renewLogin({ ...login, internalData: { user: 'bob' } }, 'login'), {
        status: 500,
      });
      await assert.rejects(mount.renewLogin({ ...login, renewable: false }, 'login'), {
        code: 'VAULT_LEASE_NOT_RENEWABLE',
      });
      await assert.rejects(mount.login('entry/a', { value: 'x' }), { type: 'answer' });
    }),
  );
});

type Open = (options?: Partial<VaultMountOptions>) => Promise<VaultMount>;

function use(
  t: TestContext,
  type: 'secret' | 'auth',
  test: (given: Given & { open: Open }) => Promise<void>,
): Promise<void> {
  assert.ok(cell !== undefined);
  const plugin = {
    fixture: 'go-vault-fixture',
    type,
    name: 'fixture',
    args: type === 'auth' ? ['auth'] : [],
  } as const;
  return withPlugin(t, cell, plugin, (given) =>
    test({
      ...given,
      open: (options = {}) => openVaultMount(given.host, { type, name: 'fixture', ...options }),
    }),
  );
}

async function requestOf(
  mount: VaultMount,
  path: string,
  options?: Parameters<VaultMount['read']>[2],
): Promise<Record<string, unknown>> {
  const text = (await mount.read(path, {}, options))?.data['request'];
  return JSON.parse(String(text)) as Record<string, unknown>;
}

interface WatchedStorage {
  readonly storage: VaultStorage;
  readonly puts: number;
  /** While it is set, every put fails with it. */
  failure: Error | undefined;
  /** Resolves with the next put of this name of the plugin. */
  until(name: string): Promise<void>;
  /** Holds the next put of a plugin up until it is released. */
  hold(): { readonly reached: Promise<void>; release(): void };
}

function watchedStorage(): WatchedStorage {
  const inner = memoryStorage();
  const waiting: { name: string; resolve: () => void }[] = [];
  let held: { reach: () => void; released: Promise<void> } | undefined;
  let puts = 0;
  const watched: WatchedStorage = {
    failure: undefined,
    get puts() {
      return puts;
    },
    storage: {
      ...inner,
      async put(key, entry) {
        if (!key.includes('/data/')) return inner.put(key, entry);
        puts += 1;
        if (watched.failure !== undefined) throw watched.failure;
        const hold = held;
        held = undefined;
        hold?.reach();
        await hold?.released;
        await inner.put(key, entry);
        for (const each of waiting.splice(0))
          if (key.endsWith(`/data/${each.name}`)) each.resolve();
          else waiting.push(each);
      },
    },
    until: (name) => new Promise((resolve) => void waiting.push({ name, resolve })),
    hold() {
      let reach: () => void = () => undefined;
      let release: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      held = { reach, released };
      return { reached, release };
    },
  };
  return watched;
}
