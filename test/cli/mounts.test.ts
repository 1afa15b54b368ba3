/** Vault's own key/value secrets engine through the real command: mounts that a directory keeps, with and without `serve`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { loadFixture, type FixtureName } from '../plugins/images.ts';
import { linesOf, openCommandWorld, type CommandWorld } from './command-world.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
interface Cell {
  readonly testEngine: TestEngine;
  readonly runtime: string;
}

const engines = loadEngines().filter(({ suite }) => suite === 'host');
const rootful = engines.find(({ kind, rootless }) => kind === 'docker' && !rootless);
const rootless = engines.find(({ kind, rootless: is }) => kind === 'podman' && is);
const cells = [
  { testEngine: rootful, runtime: 'runc' },
  { testEngine: rootless, runtime: 'runsc' },
].flatMap(({ testEngine, runtime }): Cell[] =>
  testEngine?.services.some((service) => service.runtime === runtime) === true
    ? [{ testEngine, runtime }]
    : [],
);
if (cells.length === 0) it('keeps mounts in a directory', { skip: noEngines }, () => undefined);

/** Runs the test in a world in which the fixture is registered; afterwards nothing may be left. */
async function inWorld(
  t: TestContext,
  cell: Cell | undefined,
  { fixture, type = 'secret', name, args = [] }: Registered,
  test: (world: CommandWorld, where: readonly string[]) => Promise<void>,
): Promise<void> {
  assert.ok(cell !== undefined);
  const { testEngine, runtime } = cell;
  await using world = await openCommandWorld(testEngine, {}, runtime);
  const { tag, skipped } = { tag: '', ...(await loadFixture(world.engine, fixture)) };
  if (skipped !== undefined) {
    t.skip(skipped);
    return;
  }
  const where = [`-engine=${world.engine.socketPath}`, `-socket_directory=${world.sockets}`];
  await world.bulkhead('plugin', 'runtime', 'register', `-oci_runtime=${runtime}`, 'cell');
  const made = await world.bulkhead(
    ...['plugin', 'register', '-skip_probe', `-oci_image=${tag}`, '-runtime=cell'],
    ...[...args.map((each) => `-args=${each}`), type, name],
  );
  assert.equal(made.status, 0, made.stderr);
  await test(world, where);
  assert.deepEqual(await world.containers(), []);
  assert.deepEqual(await readdir(world.sockets), []);
}

interface Registered {
  readonly fixture: FixtureName;
  readonly type?: 'secret' | 'auth';
  readonly name: string;
  readonly args?: readonly string[];
}

const kv: Registered = { fixture: 'go-vault-secrets-kv', name: 'kv' };
const fixture: Registered = { fixture: 'go-vault-fixture', name: 'fixture' };

for (const cell of cells) {
  it(
    `keeps both versions of kv in a directory, each command alone: ${cell.testEngine.name} ${cell.runtime}`,
    limits,
    (t) =>
      inWorld(t, cell, kv, async (world, where) => {
        const run = async (...words: string[]) => {
          const done = await world.bulkhead(...words, ...where);
          assert.equal(done.status, 0, `${words.join(' ')}: ${done.stderr}`);
          return done.stdout;
        };
        const enabled = await run(
          'secret',
          'enable',
          '-path=secret',
          '-version=2',
          '-description=ours',
          'kv',
        );
        assert.equal(enabled, 'Success! Enabled the kv secrets engine at: secret/\n');
        const key = join(world.directory, 'vault', 'key');
        assert.equal((await stat(key)).mode & 0o777, 0o600);
        assert.deepEqual(await world.containers(), []);

        const listed = JSON.parse(await run('secret', 'list', '-format=json')) as Record<string, unknown>;
        const [path, mount] = Object.entries(listed)[0] ?? [];
        assert.equal(path, 'secret/');
        const { type, description, options } = mount as Record<string, unknown>;
        assert.deepEqual([type, description, options], ['kv', 'ours', { version: '2' }]);

        const written = await world.bulkheadWith(
          '{"data":{"sky":"blue","count":12345678901234567890}}',
          ...['write', 'secret/data/colours', '-', '-format=json', ...where],
        );
        assert.equal(written.status, 0, written.stderr);
        assert.equal((JSON.parse(written.stdout) as { data: { version: number } }).data.version, 1);
        const read = await run('read', 'secret/data/colours', '-format=json');
        assert.equal((JSON.parse(read) as { data: { data: { sky: string } } }).data.data.sky, 'blue');
        if (cell !== cells[0]) {
          await run('secret', 'disable', 'secret');
          return; // what follows does not depend on the cell
        }
        const patch = ['patch', 'secret/data/colours', '-', ...where];
        const patched = await world.bulkheadWith('{"data":{"sea":"green"}}', ...patch);
        assert.match(patched.stdout, /^version +2$/m, patched.stderr);
        const field = await run('read', '-field=data', 'secret/data/colours', '-format=json');
        const { sky, sea } = JSON.parse(field) as Record<string, string>;
        assert.deepEqual([sky, sea], ['blue', 'green']);

        const conflict = await world.bulkheadWith(
          '{"data":{"sky":"a secret sky"},"options":{"cas":7}}',
          ...['write', 'secret/data/colours', '-', ...where],
        );
        assert.equal(conflict.status, 1);
        assert.match(conflict.stderr, /VAULT_REQUEST_REFUSED: .*check-and-set/);
        assert.doesNotMatch(conflict.stderr, /a secret sky/);

        await run('delete', 'secret/data/colours');
        const deleted = await world.bulkhead('read', 'secret/data/colours', '-format=json', ...where);
        assert.equal(deleted.status, 1);
        assert.notEqual(
          (JSON.parse(deleted.stdout) as { data: { metadata: { deletion_time: string } } }).data.metadata
            .deletion_time,
          '',
        );
        assert.equal(await run('list', 'secret/metadata'), 'Keys\n----\ncolours\n');

        assert.equal(
          await run('secret', 'disable', 'secret/'),
          'Success! Disabled the secrets engine at: secret/\n',
        );
        assert.equal(await run('secret', 'list', '-format=json'), '{}\n');
        assert.match(await run('secret', 'disable', 'secret'), /^No secrets engine is mounted at secret\//);
      }),
  );
}

const [cell] = cells;
const one = { ...limits, skip: cell === undefined && noEngines };

it('serves the mounts to any number of commands, over kills, and leaves nothing', one, (t) =>
  inWorld(t, cell, kv, async (world, where) => {
    const { bulkhead } = world;
    const serving = world.start('serve', ...where);
    const output = linesOf(serving);
    await output.until(/^Serving 0 mounts/m);
    const hosts = join(world.directory, 'vault', 'hosts');
    const [socket = ''] = await readdir(hosts);
    const modes = await Promise.all(
      [hosts, join(hosts, socket)].map(async (path) => (await stat(path)).mode & 0o777),
    );
    assert.deepEqual(modes, [0o700, 0o600]);
    const enabled = await bulkhead('secret', 'enable', 'kv');
    assert.equal(enabled.status, 0, enabled.stderr);
    const taken = await bulkhead('secret', 'enable', '-path=kv/below', 'kv');
    assert.deepEqual([taken.status, /VAULT_PATH_IN_USE: .*kv\/ is mounted/.test(taken.stderr)], [1, true]);

    const file = join(world.directory, 'sea.txt');
    await writeFile(file, 'deep\n');
    const written = await Promise.all(
      ['a', 'b', 'c'].map((name) => bulkhead('write', `kv/${name}`, `name=${name}`, `sea=@${file}`)),
    );
    assert.deepEqual(
      written.map(({ stdout }) => stdout),
      ['a', 'b', 'c'].map((name) => `Success! Data written to: kv/${name}\n`),
      written[0]?.stderr,
    );
    const [container] = await world.containers();
    assert.ok(container !== undefined);
    await world.engine.containers.kill(container);
    const read = await bulkhead('read', 'kv/b', '-format=json');
    assert.deepEqual((JSON.parse(read.stdout) as { data: unknown }).data, { name: 'b', sea: 'deep\n' });
    assert.match((await bulkhead('read', 'kv/b')).stdout, /^Key {2,}Value\n[^]*\nname {2,}b\n/);
    assert.equal((await bulkhead('read', 'kv/nothing')).status, 1);
    assert.match((await bulkhead('ps')).stdout, /^\S+ +secret\/kv /m);

    const second = await bulkhead('serve', ...where);
    assert.equal(second.status, 1);
    assert.match(second.stderr, new RegExp(`are served already, by process ${serving.pid}`));

    const ended = once(serving, 'exit');
    serving.kill('SIGINT');
    assert.deepEqual(await ended, [0, null], output.text());
    assert.deepEqual(await world.containers(), []);
    assert.deepEqual(await readdir(hosts), []);
    // What was written through it is there for a command of its own.
    const alone = await bulkhead('list', 'kv', '-format=json', ...where);
    assert.deepEqual(JSON.parse(alone.stdout), ['a', 'b', 'c'], alone.stderr);
  }),
);

it('lets commands that start their own plugins take turns', one, (t) =>
  inWorld(t, cell, kv, async ({ bulkhead }, where) => {
    assert.equal((await bulkhead('secret', 'enable', 'kv', ...where)).status, 0);
    const both = await Promise.all(
      ['x', 'y'].map((name) => bulkhead('write', `kv/${name}`, 'a=b', ...where)),
    );
    assert.deepEqual(
      both.map(({ status }) => status),
      [0, 0],
      both.map(({ stderr }) => stderr).join('\n'),
    );
    const { stdout } = await bulkhead('list', 'kv', '-format=json', ...where);
    assert.deepEqual(JSON.parse(stdout), ['x', 'y']);
  }),
);

it('leaves nothing half enabled: refused, interrupted, killed, gone while it is served', one, (t) =>
  inWorld(t, cell, fixture, async (world, where) => {
    const { bulkhead } = world;
    const refused = await bulkhead(
      'secret',
      'enable',
      '-options=refuse=the moon is full',
      'fixture',
      ...where,
    );
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /VAULT_SETUP_REFUSED: .*the moon is full/);
    const absent = await bulkhead('secret', 'enable', 'nobody', ...where);
    assert.match(absent.stderr, /CATALOG_NOT_FOUND/);
    assert.equal(absent.status, 1);

    const hanging = ['secret', 'enable', '-options=hang=yes', 'fixture', ...where];
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const child = world.start(...hanging);
      const ended = once(child, 'close');
      await someContainer(world);
      child.kill(signal);
      assert.deepEqual(await ended, signal === 'SIGINT' ? [130, null] : [null, 'SIGKILL']);
      if (signal === 'SIGINT') assert.deepEqual(await world.containers(), []);
      assert.equal((await bulkhead('secret', 'list', '-format=json')).stdout, '{}\n');
    }
    // The next command that starts a plugin removes what the one that was killed has left.
    const enabled = await bulkhead('secret', 'enable', 'fixture', ...where);
    assert.equal(enabled.status, 0, enabled.stderr);
    assert.deepEqual(await world.containers(), []);
    assert.equal((await bulkhead('secret', 'disable', 'fixture', ...where)).status, 0);

    const serving = world.start('serve', ...where);
    await linesOf(serving).until(/^Serving/m);
    const child = world.start(...hanging);
    const ended = once(child, 'close');
    await someContainer(world);
    child.kill('SIGINT');
    await ended;
    await noContainer(world);
    const again = await bulkhead('secret', 'enable', 'fixture');
    assert.equal(again.status, 0, again.stderr);
    const over = once(serving, 'exit');
    serving.kill('SIGTERM');
    await over;
  }),
);

it('keeps leases between commands, and deletes a mount by force only', one, (t) =>
  inWorld(t, cell, fixture, async ({ bulkhead }, where) => {
    assert.equal((await bulkhead('secret', 'enable', 'fixture', ...where)).status, 0);
    const lease = await bulkhead(
      'read',
      'fixture/creds',
      'ttl_ms=3600000',
      'unhealthy=the database is away',
      ...where,
    );
    assert.match(
      lease.stdout,
      /^lease_id {2,}fixture\/creds\/\S+\nlease_duration {2,}3600s\nlease_renewable/m,
    );
    const numbers = await bulkhead('read', 'fixture/numbers', '-format=json', ...where);
    assert.match(numbers.stdout, /"max": "?9223372036854775807"?/);
    const denied = await bulkhead('read', 'fixture/fail/denied', ...where);
    assert.deepEqual([denied.status, denied.stderr.includes('permission denied (status 403)')], [1, true]);
    const kept = await bulkhead('secret', 'disable', 'fixture', ...where);
    assert.deepEqual([kept.status, kept.stderr.includes('the database is away')], [1, true], kept.stderr);
    assert.match((await bulkhead('secret', 'list')).stdout, /^fixture\//m);
    const forced = await bulkhead('secret', 'disable', '-force', 'fixture', ...where);
    assert.equal(forced.status, 0, forced.stderr);
    assert.match(forced.stderr, /given up without having been revoked/);
  }),
);

it('mounts auth methods below auth/, and shows what a login grants', one, (t) =>
  inWorld(t, cell, { ...fixture, type: 'auth', args: ['auth'] }, async ({ bulkhead }, where) => {
    const enabled = await bulkhead('auth', 'enable', '-path=staff', 'fixture', ...where);
    assert.equal(enabled.stdout, 'Success! Enabled the fixture auth method at: staff/\n', enabled.stderr);
    const login = await bulkhead('write', 'auth/staff/login', 'user=ada', '-format=json', ...where);
    const { auth } = JSON.parse(login.stdout) as { auth: Record<string, unknown> };
    assert.deepEqual([auth['display_name'], auth['policies']], ['ada', ['p1', 'p2']]);
    assert.match((await bulkhead('auth', 'list')).stdout, /^staff\/ +fixture +auth_/m);
    assert.equal((await bulkhead('secret', 'list', '-format=json')).stdout, '{}\n');
    assert.equal((await bulkhead('auth', 'disable', 'staff', ...where)).status, 0);
  }),
);

async function someContainer(world: CommandWorld): Promise<void> {
  while ((await world.containers()).length === 0);
}

async function noContainer(world: CommandWorld): Promise<void> {
  while ((await world.containers()).length > 0);
}
