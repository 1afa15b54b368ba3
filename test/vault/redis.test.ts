/**
 * Vault's own database plugin for Redis, as HashiCorp publishes it, against Debian's Redis, in every cell that gives a
 * plugin a network: a user logs in, gets another password, and is gone; the plugin's own password is rotated.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import {
  memoryStorage,
  openVaultDatabase,
  type VaultDatabase,
  type VaultStorage,
} from '../../src/vault/index.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../engines/docker-daemon.ts';
import { noEngines } from '../engines/engines.ts';
import { everything } from '../everything.ts';
import { noRedis, startRedis, type RedisServer } from '../plugins/redis-server.ts';
import { allCells, killPlugin, withPlugin, type Cell, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const rules = ['["~*", "+@read", "+@write", "+@connection", "+acl|whoami"]'];

/** HashiCorp's program serves one connection; the same plugin is served for several by the one for tests. */
const published = { fixture: 'go-vault-database-redis', args: [] } as const;
const multiplexed = { fixture: 'go-vault-database', args: ['redis'] } as const;

/**
 * BULKHEAD_EVERYTHING=yes tries both programs in every cell. Otherwise the published one is tried on Docker and the other
 * on Podman, as root on rootful engines and as uid 1000 on rootless ones.
 */
const cells = allCells().flatMap((cell) => {
  const { user, testEngine } = cell;
  if (everything) return [published, multiplexed].map((program) => ({ cell, program }));
  if ((user === '0:0') === testEngine.rootless) return [];
  return [{ cell, program: testEngine.kind === 'docker' ? published : multiplexed }];
});
if (cells.length === 0) it('makes users of a Redis', { skip: noEngines }, () => undefined);

for (const { cell, program } of cells) {
  const how = program === multiplexed ? 'multiplexed' : 'not multiplexed';
  it(`makes, changes and deletes users of a Redis: ${cell.title}, ${how}`, limits, (t) =>
    withRedis(t, cell, program, useRedis),
  );
}

const noDaemon = await whyNoDockerDaemon();
it('makes users of a Redis from gVisor with a network', { ...limits, skip: noDaemon ?? false }, async (t) => {
  await using daemon = await startDockerDaemon({ ownNetwork: true });
  const { socketPath: socket, shareDirectory } = daemon;
  const [first] = allCells();
  if (first === undefined) {
    t.skip(noEngines);
    return;
  }
  const testEngine = { ...first.testEngine, kind: 'docker', rootless: false, shareDirectory } as const;
  const cell: Cell = {
    testEngine,
    socket,
    runtime: 'runsc-network',
    user: '1000:1000',
    mlock: false,
    title: '',
  };
  await withRedis(t, cell, published, useRedis);
});

interface WithRedis extends Omit<Given, 'image' | 'socketDirectory'> {
  readonly redis: RedisServer;
  readonly config: Readonly<Record<string, unknown>>;
}

async function withRedis(
  t: TestContext,
  cell: Cell,
  program: typeof published | typeof multiplexed,
  test: (given: WithRedis) => Promise<void>,
): Promise<void> {
  await using engine = await connectEngine({ socketPath: cell.socket });
  await using network = await networkOf(engine, cell);
  const plugin = { ...program, type: 'database', name: 'redis', network: network.name } as const;
  await withPlugin(t, cell, plugin, async (given) => {
    await using redis = await startRedis(engine, {
      network: network.name,
      shareDirectory: cell.testEngine.shareDirectory,
    });
    if (redis === undefined) {
      t.skip(noRedis);
      return;
    }
    const { host, port, password } = redis;
    await test({ ...given, redis, config: { host, port, username: 'default', password } });
  });
}

/** A network of the test's own where the engine can make one. */
async function networkOf(engine: Engine, cell: Cell): Promise<AsyncDisposable & { readonly name: string }> {
  const nothing = { name: 'bridge', [Symbol.asyncDispose]: () => Promise.resolve() };
  // A rootless Docker of the tests has no networks, and a rootless Podman 4 does not find those of its own.
  if (cell.testEngine.rootless) return nothing;
  const name = `vault-${randomBytes(4).toString('hex')}`;
  await engine.request({ method: 'POST', path: '/networks/create', body: { Name: name } });
  return {
    name,
    async [Symbol.asyncDispose]() {
      await engine.request({ method: 'DELETE', path: `/networks/${name}` });
    },
  };
}

async function useRedis({ engine, host, redis, config }: WithRedis): Promise<void> {
  const { storage } = storageWith();
  await using one = await openVaultDatabase(host, {
    name: 'redis',
    type: 'redis',
    config,
    storage,
    path: 'one',
  });
  await using two = await openVaultDatabase(host, { name: 'redis', config, storage, path: 'two' });
  const isMultiplexed = host.instances()[0]?.shared === true;
  assert.equal(host.instances().length, isMultiplexed ? 1 : 2);

  const user = await made(one);
  assert.match(user.username, /^V_ANN_READER_/);
  assert.equal(await redis.ask(user, 'ACL', 'WHOAMI'), `$${user.username.length}`);
  const changed = { ...user, password: one.generatePassword() };
  await one.updateUser(user.username, { password: { newPassword: changed.password } });
  assert.match(await redis.ask(user, 'PING'), refused);
  assert.equal(await redis.ask(changed, 'SET', 'a', '1'), '+OK');

  await killPlugin(engine, one);
  const second = await made(one);
  assert.equal(await redis.ask(second, 'PING'), '+PONG');
  await one.deleteUser(user.username);
  assert.match(await redis.ask(changed, 'PING'), refused);
  await two.deleteUser(second.username);
  assert.match(await redis.ask(second, 'PING'), refused);
  await assert.rejects(one.updateUser('NOBODY', { password: { newPassword: 'x' } }), {
    code: 'VAULT_DATABASE_FAILED',
    status: 'INTERNAL',
  });
  await assert.rejects(one.newUser({ statements: ['no JSON'] }), { code: 'VAULT_DATABASE_FAILED' });
  await two.close();

  const nowhere = { name: 'redis', config: { ...config, port: 1 }, path: 'nowhere' };
  await assert.rejects(openVaultDatabase(host, nowhere), { code: 'VAULT_SETUP_REFUSED' });
  await using later = await openVaultDatabase(host, { ...nowhere, verifyConnection: false });
  await assert.rejects(later.newUser({ statements: rules }), {
    code: 'VAULT_DATABASE_FAILED',
    text: /\[config\.host\]:1: connect: connection refused/,
  });

  await rotate({ engine, host, redis, config, database: one });
  await one.close();
  await rotateWithTrouble({ engine, host, redis, config });
  // The password that was given at first means the one that is stored.
  await using again = await openVaultDatabase(host, { name: 'redis', config, storage, path: 'one' });
  assert.equal(await redis.ask(await made(again), 'PING'), '+PONG');

  const wrong = { ...config, password: 'wr0ng-password' };
  await assert.rejects(openVaultDatabase(host, { name: 'redis', config: wrong }), (error: Error) => {
    assert.equal((error as { code?: string }).code, 'VAULT_SETUP_REFUSED');
    assert.doesNotMatch(error.message, /wr0ng/);
    return true;
  });
}

async function rotate({
  engine,
  redis,
  config,
  database,
}: WithRedis & { readonly database: VaultDatabase }): Promise<void> {
  const admin = { username: 'default', password: String(config['password']) };
  assert.equal(await redis.ask(admin, 'PING'), '+PONG');
  await Promise.all([
    made(database),
    database.rotateRoot(),
    made(database),
    database.rotateRoot(),
    made(database),
  ]);
  assert.match(await redis.ask(admin, 'PING'), refused);
  await killPlugin(engine, database);
  assert.equal(await redis.ask(await made(database), 'PING'), '+PONG');
}

/** The plugin is killed before the database has the new password; the storage fails when the database has it. */
async function rotateWithTrouble({ engine, host, redis, config }: WithRedis): Promise<void> {
  const user = redis.second;
  const watched = storageWith();
  const { storage } = watched;
  const open = (given?: Readonly<Record<string, unknown>>) =>
    openVaultDatabase(host, { name: 'redis', config: given, storage, path: 'trouble' });
  await using database = await open({ ...config, ...user });
  watched.beforePut = async (isPending) => {
    if (isPending) await killPlugin(engine, database);
  };
  const isRotated = await database.rotateRoot().then(
    () => true,
    (error: unknown) => {
      assert.equal((error as { code?: string }).code, 'CALL_OUTCOME_UNKNOWN');
      return false;
    },
  );
  assert.equal((await redis.ask(user, 'PING')).startsWith('-WRONGPASS'), isRotated);
  assert.equal(await redis.ask(await made(database), 'PING'), '+PONG');

  watched.beforePut = (isPending) => (isPending ? undefined : Promise.reject(new Error('the disk is full')));
  await assert.rejects(database.rotateRoot(), /the disk is full/);
  watched.beforePut = undefined;
  assert.equal(
    await redis.ask(await made(database), 'PING'),
    '+PONG',
    'the plugin found out which one counts',
  );
  const entry = await storage.get('core/databases/trouble');
  const record = JSON.parse(Buffer.from(entry?.value ?? '').toString('utf8')) as Record<string, unknown>;
  assert.equal(record['pendingPassword'], undefined);

  watched.beforePut = (isPending) => (isPending ? undefined : Promise.reject(new Error('the disk is full')));
  await assert.rejects(database.rotateRoot(), /the disk is full/);
  await database.close();
  watched.beforePut = undefined;
  await using later = await open();
  assert.equal(await redis.ask(await made(later), 'PING'), '+PONG', 'a later process finds out as well');
}

interface WatchedStorage {
  readonly storage: VaultStorage;
  /** Called before a configuration is stored, with whether a password in it is pending. */
  beforePut: ((isPending: boolean) => Promise<void> | undefined) | undefined;
}

function storageWith(): WatchedStorage {
  const inner = memoryStorage();
  const watched: WatchedStorage = {
    beforePut: undefined,
    storage: {
      ...inner,
      async put(key, entry) {
        const record = JSON.parse(Buffer.from(entry.value).toString('utf8')) as { pendingPassword?: string };
        await watched.beforePut?.(record.pendingPassword !== undefined);
        await inner.put(key, entry);
      },
    },
  };
  return watched;
}

const refused = /^-WRONGPASS/;

async function made(database: VaultDatabase): Promise<{ username: string; password: string }> {
  const { username, password } = await database.newUser({
    displayName: 'ann',
    roleName: 'reader',
    statements: rules,
  });
  assert.ok(password !== undefined);
  return { username, password };
}
