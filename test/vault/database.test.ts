/** What a database does with a plugin on Vault's SDK that does what it is told; see ../plugins/go-vault-database/main.go. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import diagnosticsChannel from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, it, type TestContext } from 'node:test';
import {
  memoryStorage,
  openVaultDatabase,
  openVaultMount,
  VaultDatabaseError,
  type VaultDatabase,
  type VaultDatabaseOptions,
  type VaultNewUser,
} from '../../src/vault/index.ts';
import { InvalidOptionError } from '../../src/index.ts';
import { loadFixture } from '../plugins/images.ts';
import { noEngines } from '../engines/engines.ts';
import { isInTurn } from '../engines/in-turn.ts';
import { everything } from '../everything.ts';
import { wrong } from '../options/refusals.ts';
import { allCells, killPlugin, oneCell, withPlugin, type Cell, type Given } from './mounted.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const cell = oneCell();
const secret = 'p4ss/w0rd+%';
const config = {
  connection_url: 'db://{{username}}:{{password}}@db.example:5432/app',
  username: 'admin',
  password: secret,
  port: 5432,
  deep: { list: [1.5, 'two', null, true] },
};

/**
 * BULKHEAD_EVERYTHING=yes tries every cell; otherwise plugins are root on rootful engines and uid 1000 on rootless ones, and
 * other plugins of Vault have their turn in the other cells.
 */
const cells = allCells()
  .filter(({ user, testEngine }) => everything || (user === '0:0') !== testEngine.rootless)
  .filter((_, i) => isInTurn(i + Math.floor(i / 4) + 1, 3));
if (cells.length === 0) it('opens a database plugin', { skip: noEngines }, () => undefined);

for (const each of cells) {
  it(`keeps two databases in one container apart, and initialises both again: ${each.title}`, limits, (t) =>
    use(
      t,
      async ({ engine, host, open }) => {
        await using one = await open({ path: 'one', config: { ...config, which: 1 } });
        await using two = await open({ path: 'two', config: { ...config, which: 2 } });
        assert.equal(host.instances().length, 1, 'both share a container');
        assert.deepEqual(
          [one.type, one.reportedVersion, one.credentialTypes],
          ['fixture', 'v1.2.3', ['password']],
        );
        const user = await one.newUser({ displayName: 'ann', roleName: 'reader' });
        assert.equal(user.username, 'v-ann-reader-0');
        await one.updateUser(user.username, { password: { newPassword: one.generatePassword() } });
        await assert.rejects(two.deleteUser(user.username), { text: /there is no user v-ann-reader-0/ });
        assert.deepEqual(await stateOf(two), { which: 2, initialized: 1, verified: true });

        await killPlugin(engine, one);
        assert.deepEqual(await stateOf(one), { which: 1, initialized: 1, verified: false });
        assert.deepEqual(await stateOf(two), { which: 2, initialized: 1, verified: false });
        assert.equal(host.instances()[0]?.restarts, 1);

        await one.close();
        await assert.rejects(one.newUser(), { code: 'MOUNT_CLOSED' });
        assert.deepEqual(await stateOf(two), { which: 2, initialized: 1, verified: false });
      },
      { cell: each },
    ),
  );
}

describe('a database', { skip: cell === undefined && noEngines }, () => {
  it('has a container of its own where the plugin serves one only', limits, (t) =>
    use(
      t,
      async ({ engine, host, open }) => {
        await using one = await open({ path: 'one', config: { ...config, which: 1 } });
        await using two = await open({ path: 'two', config: { ...config, which: 2 } });
        assert.equal(host.instances().length, 2);
        const { username } = await one.newUser();
        await assert.rejects(two.deleteUser(username), VaultDatabaseError);
        await killPlugin(engine, one);
        assert.deepEqual(await stateOf(one), { which: 1, initialized: 1, verified: false });
        assert.deepEqual(await stateOf(two), { which: 2, initialized: 1, verified: true });
      },
      { args: ['single'] },
    ),
  );

  it('sends what the plugin has to know, and makes each type of credential', limits, (t) =>
    use(t, async ({ open }) => {
      const types = ['password', 'rsa_private_key', 'client_certificate'];
      await using database = await open({
        config: { ...config, 'all-types': true },
        passwordPolicy: { length: 12, rules: [{ charset: 'abc', minChars: 1 }] },
      });
      assert.deepEqual(database.credentialTypes, types);
      const expiresAt = new Date('2031-02-03T04:05:06.789Z');
      const request = {
        displayName: 'ann',
        roleName: 'reader',
        expiresAt,
        rollbackStatements: ['DROP {{name}}'],
      };
      const told = await tell(database, request);
      const { config: given, password, ...others } = told as { config: object; password: string };
      assert.deepEqual(given, { ...redacted(config), 'all-types': true });
      assert.match(password, /^[0-9a-f]{64}$/);
      assert.deepEqual(others, {
        ...{ initialized: 1, verified: true, closes: 0, display: 'ann', role: 'reader', type: 'password' },
        ...{ public_key: '', subject: '', expiration: '2031-02-03T04:05:06.789Z' },
        ...{ statements: ['tell'], rollback: ['DROP {{name}}'] },
      });

      const user = await database.newUser({ expiresAt });
      assert.match(user.password ?? '', /^[abc]{12}$/);
      assert.deepEqual(
        [user.credentialType, user.privateKey, user.expiresAt],
        ['password', undefined, expiresAt],
      );
      const chosen = await tell(database, { credential: { type: 'password', password: 'chosen' } });
      assert.equal(chosen['password'], sha256('chosen'));
      const policy = { length: 30, rules: [{ charset: 'xy' }] };
      const long = await database.newUser({ credential: { type: 'password', policy } });
      assert.match(long.password ?? '', /^[xy]{30}$/);

      const keyed = await database.newUser({ credential: { type: 'rsa_private_key', bits: 3072 } });
      assert.equal(createPrivateKey(keyed.privateKey ?? '').asymmetricKeyDetails?.modulusLength, 3072);
      const publicKey = createPublicKey(keyed.privateKey ?? '').export({
        type: 'spki',
        format: 'pem',
      }) as string;
      const withKey = await tell(database, { credential: { type: 'rsa_private_key', publicKey } });
      assert.deepEqual([withKey['public_key'], withKey['type']], [publicKey, 'rsa_private_key']);
      const subject = 'CN=app,O=example';
      const certified = await tell(database, { credential: { type: 'client_certificate', subject } });
      assert.deepEqual([certified['subject'], certified['type']], [subject, 'client_certificate']);

      const { certificatePem: certificate, privateKeyPem: privateKey } = await createIdentity();
      const issue = { commonName: 'app', authority: { certificate, privateKey } };
      const issued = await database.newUser({
        credential: { type: 'client_certificate', issue },
        expiresAt: soon(),
      });
      const read = new X509Certificate(issued.certificate ?? '');
      assert.deepEqual([read.subject, read.issuer], ['CN=app', 'O=HashiCorp\nCN=localhost']);
      assert.ok(read.verify(createPublicKey(certificate)));
      assert.ok(read.checkPrivateKey(createPrivateKey(issued.privateKey ?? '')));
      const credential = { type: 'client_certificate', issue } as const;
      assert.equal((await tell(database, { credential, expiresAt: soon() }))['subject'], 'CN=app');
      await assert.rejects(database.newUser({ credential }), { option: 'expiresAt' });

      const statements = ['tell'];
      const { username } = user;
      assert.deepEqual(
        await toldBy(database.updateUser(username, { password: { newPassword: 'next', statements } })),
        { type: 'password', password: sha256('next') },
      );
      assert.deepEqual(
        await toldBy(database.updateUser(username, { publicKey: { newPublicKey: publicKey, statements } })),
        { type: 'rsa_private_key', public_key: publicKey },
      );
      assert.deepEqual(
        await toldBy(database.updateUser(username, { expiration: { newExpiration: expiresAt, statements } })),
        { type: 'password', expiration: '2031-02-03T04:05:06.789Z' },
      );
      assert.deepEqual(await toldBy(database.deleteUser(username, { statements })), ['tell']);
      await database.deleteUser(username);
      await assert.rejects(database.deleteUser(username), {
        code: 'VAULT_DATABASE_FAILED',
        status: 'INTERNAL',
      });
    }),
  );

  it('refuses a type of credential that the plugin does not have, without asking it', limits, (t) =>
    use(t, async ({ open }) => {
      await using database = await open();
      await assert.rejects(database.newUser({ credential: { type: 'rsa_private_key' } }), {
        code: 'VAULT_DATABASE_REFUSED',
        message: /no credentials of the type rsa_private_key; it has password/,
      });
      const credential = { type: 'nonsense' } as never;
      await assert.rejects(database.newUser({ credential }), { option: 'credential.type' });
    }),
  );

  it('holds no secret in any error or event', limits, (t) =>
    use(t, async ({ open }) => {
      const events: unknown[] = [];
      const listen = (event: unknown): void => void events.push(event);
      diagnosticsChannel.subscribe('bulkhead:call', listen);
      t.after(() => diagnosticsChannel.unsubscribe('bulkhead:call', listen));
      const plain = { ...config, connection_url: `db://admin:${encodeURIComponent(secret)}@db.example/app` };
      const failures: unknown[] = [];
      const fails = async (call: Promise<unknown>): Promise<void> => {
        await assert.rejects(call, (error: unknown) => failures.push(error) > 0);
      };
      await fails(open({ config: { ...plain, refuse: 'can not log in' } }));
      await using database = await open({ config: plain });
      const credential = { type: 'password', password: 'another-secret' } as const;
      await fails(database.newUser({ credential, statements: ['quote'] }));
      await fails(database.newUser({ credential, statements: ['die'] }));
      const { username } = await database.newUser();
      const change = { newPassword: 'another-secret', statements: ['die'] };
      await fails(database.updateUser(username, { password: change }));
      const [refused, quoted, lost] = failures as [VaultDatabaseError, VaultDatabaseError, Error];
      assert.equal(refused.code, 'VAULT_SETUP_REFUSED');
      assert.match(
        refused.text,
        /^failed to initialize: \[config\.refuse\]: .*password:\[config\.password\]/,
      );
      assert.equal(
        quoted.text,
        "unable to create new user: syntax error near '[password]' at [config.connection_url]",
      );
      assert.equal((lost as { code?: string }).code, 'CALL_OUTCOME_UNKNOWN');
      assert.ok(events.length > 0);
      const all = inspect([failures, events], { depth: 20, showHidden: true, maxStringLength: Infinity });
      for (const hidden of [secret, encodeURIComponent(secret), 'another-secret', 'db.example', 'admin'])
        assert.ok(!all.includes(hidden), `${hidden} in ${all}`);
    }),
  );

  it('leaves nothing in a shared plugin that did not accept its configuration', limits, (t) =>
    use(t, async ({ host, open }) => {
      await using database = await open({ path: 'one' });
      await assert.rejects(open({ path: 'two', config: { ...config, refuse: 'no' } }), {
        code: 'VAULT_SETUP_REFUSED',
      });
      assert.equal((await tell(database))['closes'], 1);
      await (await open({ path: 'two' })).close();
      assert.equal((await tell(database))['closes'], 2);
      assert.equal(host.instances().length, 1);
    }),
  );

  it('tells that an outcome is unknown, and sends nothing twice', limits, (t) =>
    use(t, async ({ host, open }) => {
      await using database = await open();
      await assert.rejects(database.newUser({ statements: ['die'] }), { code: 'CALL_OUTCOME_UNKNOWN' });
      const { username } = await database.newUser();
      const statements = ['die'];
      await assert.rejects(database.updateUser(username, { password: { newPassword: 'x', statements } }), {
        code: 'CALL_OUTCOME_UNKNOWN',
      });
      const other = await database.newUser();
      await assert.rejects(database.deleteUser(other.username, { statements }), {
        code: 'CALL_OUTCOME_UNKNOWN',
      });
      await database.newUser();
      assert.equal(host.instances()[0]?.restarts, 3);
    }),
  );

  it('ends a request by abort and by its time limit', limits, (t) =>
    use(t, async ({ host, open }) => {
      await using database = await open();
      const id = host.instances()[0]?.id ?? '';
      const reached = new Promise<void>((resolve) => {
        const stop = host.followLogs(id, ({ text }) => {
          if (!text.includes('waiting')) return;
          stop();
          resolve();
        });
      });
      const controller = new AbortController();
      const waiting = database.newUser({ statements: ['wait'], signal: controller.signal });
      await reached;
      const reason = new Error('enough');
      controller.abort(reason);
      await assert.rejects(waiting, reason);
      await assert.rejects(database.newUser({ statements: ['wait'], timeoutMs: 50 }), {
        code: 'PLUGIN_CALL_TIMEOUT',
      });
      await assert.rejects(database.newUser({ signal: AbortSignal.abort(reason) }), reason);
      await database.newUser();
      await assert.rejects(open({ path: 'b', signal: AbortSignal.abort(reason) }), reason);
      assert.equal(host.mounts().length, 1);
    }),
  );

  it('is what it was said to be', limits, (t) =>
    use(t, async ({ engine, host, image, open }) => {
      await assert.rejects(open({ type: 'postgresql' }), {
        code: 'PLUGIN_MISMATCH',
        message: /is a plugin for fixture, not for postgresql/,
      });
      await using database = await open({ type: 'fixture' });
      const nameless = database.newUser({ statements: ['nameless'] });
      await assert.rejects(nameless, { code: 'VAULT_DATABASE_FAILED', message: /names no user/ });

      const found = await host.plugins.register({
        type: 'unknown',
        name: 'found',
        ociImage: image,
        runtime: 'cell',
      });
      assert.equal(found.plugin.type, 'database');
      const registration = { type: 'database', name: 'other', ociImage: image, runtime: 'cell' };
      await assert.rejects(host.plugins.register({ ...registration, version: '9.9.9' }), {
        code: 'PLUGIN_MISMATCH',
        message: /reports the version v1\.2\.3, not v9\.9\.9/,
      });
      const secrets = await loadFixture(engine, 'go-vault-fixture');
      assert.ok(secrets.skipped === undefined);
      const asDatabase = { type: 'database', name: 'secrets', ociImage: secrets.tag, runtime: 'cell' };
      await assert.rejects(host.plugins.register(asDatabase));
      await host.plugins.register(asDatabase, { skipProbe: true });
      await assert.rejects(open({ name: 'secrets' }), { blames: 'plugin' });
      await host.plugins.register({ ...registration, type: 'secret' }, { skipProbe: true });
      await assert.rejects(openVaultMount(host, { type: 'secret', name: 'other' }), { blames: 'plugin' });
      await assert.rejects(
        openVaultMount(host, { type: 'database' as never, name: 'fixture' }),
        InvalidOptionError,
      );
      assert.equal(host.mounts().length, 1);
    }),
  );

  it('keeps its configuration in a storage', limits, (t) =>
    use(t, async ({ open }) => {
      const storage = memoryStorage();
      await assert.rejects(open({ storage, config: undefined }), { option: 'config' });
      await assert.rejects(open({ storage, config: { ...config, refuse: 'no' } }), {
        code: 'VAULT_SETUP_REFUSED',
      });
      assert.deepEqual(await storage.list(''), [], 'what was refused is not stored');
      {
        await using database = await open({ storage });
        await assert.rejects(open({ storage }), { code: 'MOUNT_TAKEN' });
        assert.equal(await keptBy(database), undefined, 'it is initialised with what was given');
      }
      for (const again of [undefined, { ...config }]) {
        await using database = await open({ storage, config: again });
        assert.equal(
          await keptBy(database),
          '[config.kept]',
          'it is initialised with what the plugin gave back',
        );
      }
      {
        await using database = await open({ storage, config: { ...config, port: 1 } });
        assert.equal(await keptBy(database), undefined);
      }
      await storage.put('core/databases/database/fixture', { value: Buffer.from('{"given":7}') });
      await assert.rejects(open({ storage }), { code: 'VAULT_STORAGE_DAMAGED' });
      await using database = await open();
      await assert.rejects(database.rotateRoot(), {
        code: 'VAULT_DATABASE_REFUSED',
        hint: /storage/,
      });
    }),
  );

  it('refuses wrong options of its requests before anything is sent', limits, (t) =>
    use(t, async ({ host, open }) => {
      await using database = await open();
      const calls = host.metrics().plugins[0]?.calls;
      const wrongly: readonly [string, () => Promise<unknown>][] = [
        ...refusalsOf((options) => database.newUser(options), {
          displayName: wrong.text,
          roleName: wrong.text,
          expiresAt: [null, 7, new Date(NaN)],
          statements: wrong.texts,
          rollbackStatements: wrong.texts,
          credential: [
            null,
            'x',
            {},
            { type: 'x' },
            { type: 'password', password: '' },
            { type: 'password', bits: 1 },
          ],
          timeoutMs: wrong.timeLimit,
          signal: wrong.signal,
          unheardOf: [1],
        }),
        ...refusalsOf((options) => database.updateUser('a', options), {
          password: [null, 'x', {}, { newPassword: '' }, { newPassword: 'a', statements: 'x' }],
          publicKey: [null, 'x', {}, { newPublicKey: 'no PEM' }],
          expiration: [null, 'x', {}, { newExpiration: 7 }],
          unheardOf: [1],
        }),
        ['', () => database.updateUser('a', {})],
        ['', () => database.updateUser('a', undefined as never)],
        ['username', () => database.updateUser('', { password: { newPassword: 'a' } })],
        ['username', () => database.deleteUser('')],
        ...refusalsOf((options) => database.deleteUser('a', options), { statements: wrong.texts }),
        ...refusalsOf((options) => database.rotateRoot(options), { timeoutMs: wrong.timeLimit }),
        ...refusalsOf((options) => database.close(options), { drainMs: wrong.milliseconds }),
      ];
      for (const [option, call] of wrongly) {
        await assert.rejects(call, (error: unknown) => {
          assert.ok(error instanceof InvalidOptionError, `${option}: ${String(error)}`);
          return error.option.startsWith(option);
        });
      }
      assert.equal(host.metrics().plugins[0]?.calls, calls);
    }),
  );
});

const soon = (): Date => new Date(Date.now() + 3_600_000);

type Open = (options?: Partial<VaultDatabaseOptions>) => Promise<VaultDatabase>;

function use(
  t: TestContext,
  test: (given: Given & { readonly open: Open; readonly image: string }) => Promise<void>,
  options: { readonly cell?: Cell; readonly args?: readonly string[] } = {},
): Promise<void> {
  const where = options.cell ?? cell;
  assert.ok(where !== undefined);
  const plugin = { fixture: 'go-vault-database', type: 'database', name: 'fixture' } as const;
  return withPlugin(t, where, { ...plugin, args: options.args ?? [] }, async (given) => {
    const { ociImage } = await given.host.plugins.info('database', 'fixture');
    await test({
      ...given,
      image: ociImage,
      open: (more = {}) => openVaultDatabase(given.host, { name: 'fixture', config, ...more }),
    });
  });
}

/** What the plugin knows, which it tells in an error. */
async function toldBy(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VaultDatabaseError, inspect(error));
  return JSON.parse(error.text.slice(error.text.indexOf(': ') + 2));
}

async function tell(database: VaultDatabase, request: VaultNewUser = {}): Promise<Record<string, unknown>> {
  return (await toldBy(database.newUser({ ...request, statements: ['tell'] }))) as Record<string, unknown>;
}

async function stateOf(database: VaultDatabase): Promise<object> {
  const { config: given, initialized, verified } = await tell(database);
  return { which: (given as { which: number }).which, initialized, verified };
}

async function keptBy(database: VaultDatabase): Promise<unknown> {
  return ((await tell(database))['config'] as { kept?: unknown }).kept;
}

/** The configuration as it stands in errors. */
function redacted(value: object, path = 'config'): object {
  const entries = Object.entries(value).map(([name, each]: [string, unknown]) => [
    name,
    typeof each === 'string'
      ? `[${path}.${name}]`
      : typeof each === 'object' && each !== null
        ? redacted(each, `${path}.${name}`)
        : each,
  ]);
  return Array.isArray(value) ? entries.map(([, each]) => each) : (Object.fromEntries(entries) as object);
}

function refusalsOf(
  call: (options: object) => Promise<unknown>,
  values: Readonly<Record<string, readonly unknown[]>>,
): [string, () => Promise<unknown>][] {
  return Object.entries(values).flatMap(([option, list]) =>
    list.map((value): [string, () => Promise<unknown>] => [option, () => call({ [option]: value })]),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
