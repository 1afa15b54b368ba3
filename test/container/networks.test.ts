/**
 * A plugin that has to reach a database: by every word for a network it gets the very network that was asked for, or
 * the launch is refused, and what is said beforehand is what the plugin finds when it really connects.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { launchPlugin, type LaunchOptions } from '../../src/container/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadProto, type Plugin } from '../../src/goplugin/index.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../engines/docker-daemon.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';

const limits = { timeout: 180_000 };
const engines = noBusybox === undefined ? loadEngines() : [];
if (engines.length === 0) it('launches into networks', { skip: noBusybox ?? noEngines }, () => undefined);

/** A network with a database in it, which is told the plugin's address and tells a word to whoever connects. */
interface World extends AsyncDisposable {
  readonly engine: Engine;
  readonly name: string;
  readonly networkId: string;
  readonly database: string;
  readonly address: string;
  launch(options: Partial<LaunchOptions>): Promise<Plugin>;
  options(options: Partial<LaunchOptions>): LaunchOptions;
}

/** @returns why there can't be one on this engine */
async function openWorld(
  socketPath: string,
  socketDirectory: string,
  runtime: string,
): Promise<World | { readonly skipped: string }> {
  const engine = await connectEngine({ socketPath });
  await ensureTestImage(engine);
  const image = await loadFixture(engine, 'go-faulty');
  if (image.skipped !== undefined) return { skipped: image.skipped };
  const name = `plugins-${randomBytes(4).toString('hex')}`;
  const undo: (() => Promise<unknown>)[] = [() => engine.close()];
  const end = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const { body } = await engine.request({
      method: 'POST',
      path: '/networks/create',
      body: { Name: name, CheckDuplicate: true },
    });
    undo.push(() => engine.request({ method: 'DELETE', path: `/networks/${name}` }));
    const { id: database } = await engine.containers.create({
      name: `database-${name}`,
      image: testImage,
      cmd: ['/bin/busybox', 'nc', '-ll', '-p', '5432', '-e', '/bin/busybox', 'echo', 'a row'],
      runtime: engine.kind === 'docker' ? 'runc' : runtime,
      network: name,
    });
    undo.push(() => engine.containers.remove(database, { force: true }));
    await engine.containers.start(database);
    const { endpoints } = await engine.containers.inspect(database);
    const options = (more: Partial<LaunchOptions>): LaunchOptions => ({
      image: image.tag,
      handshake: fixtureHandshake,
      protocolVersions: [1],
      runtime,
      socketDirectory,
      ...more,
    });
    return {
      engine,
      name,
      networkId: (body as { Id: string }).Id,
      database,
      address: endpoints[0]?.ipv4?.address ?? '',
      options,
      launch: (more) => launchPlugin(engine, options(more)),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    return { skipped: `this engine makes no network here: ${(error as Error).message}` };
  }
}

interface KeyValue {
  get(request: { key: string }): Promise<{ value: Uint8Array }>;
}

/** What a plugin reads at an address in its network. */
async function dialled(plugin: Plugin, address: string): Promise<string> {
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  assert.ok(definition);
  const { value } = await plugin.client<KeyValue>(definition).get({ key: `dial:${address}` });
  return Buffer.from(value).toString().trim();
}

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter(({ runtime }) => runtime !== 'crun')) {
    describe(`a network on ${testEngine.suite} ${testEngine.name} with ${runtime}`, limits, () => {
      it('is the one that was asked for, and what was said of it beforehand is true', async (t) => {
        await using parent = await ownSocketParent(testEngine);
        const world = await openWorld(socket, parent.path, runtime === 'runsc' ? 'runc' : runtime);
        if ('skipped' in world) {
          t.skip(world.skipped);
          return;
        }
        await using _world = world;
        const { engine, name, networkId, address } = world;
        assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
        for (const network of [name, networkId, networkId.slice(0, 12)]) {
          const options = world.options({ runtime, network });
          const plan = await planLaunch(engine, options);
          if (runtime === 'runsc') {
            // These engines run runsc with --network=none, as HashiCorp's page on containerized plugins has it.
            assert.equal(plan.verdict.status, 'refused', network);
            assert.equal(plan.verdict.network.reach, 'none');
            assert.ok(
              'reasons' in plan.verdict &&
                plan.verdict.reasons.some(({ rule }) => rule === 'runsc-gives-network'),
            );
          } else {
            assert.equal(plan.verdict.status, 'works', JSON.stringify(plan.verdict));
            assert.equal(plan.verdict.network.reach, 'outside');
          }
          await using plugin = await launchPlugin(engine, { ...options, override: 'refused' });
          const said = await dialled(plugin, `${address}:5432`);
          if (runtime === 'runsc') assert.match(said, /^failed: .*(unreachable|refused|no route)/i);
          else assert.equal(said, 'read: a row', network);
          if (runtime === 'runsc') break;
          const made = await engine.containers.inspect(plugin.id ?? '');
          assert.deepEqual(
            made.endpoints.map((endpoint) => endpoint.network),
            [name],
          );
          assert.equal(made.endpoints[0]?.ipv4?.prefixLength !== undefined, true);
          assert.match(made.endpoints[0]?.ipv4?.gateway ?? '', /^\d+\.\d+\.\d+\.\d+$/);
        }
      });
    });
  }

  const runc = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (runc === undefined) continue;
  describe(`every word for a network on ${testEngine.suite} ${testEngine.name}`, limits, () => {
    it('leads to a plugin with that network, or to a refusal beforehand', async (t) => {
      await using parent = await ownSocketParent(testEngine);
      await using engine = await connectEngine({ socketPath: runc.socket });
      await ensureTestImage(engine);
      const image = await loadFixture(engine, 'go-faulty');
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      const { id: other } = await engine.containers.create({
        name: `other-${randomBytes(4).toString('hex')}`,
        image: testImage,
        cmd: ['/bin/busybox', 'sleep', '1000'],
        network: 'none',
      });
      try {
        await engine.containers.start(other);
        const { name: otherName } = await engine.containers.inspect(other);
        const words = [
          ...['none', 'bridge', 'default', 'host', 'nosuch', 'f'.repeat(64)],
          ...[`container:${other}`, `container:${otherName}`, `container:${other.slice(0, 12)}`],
          ...(engine.kind === 'podman' ? ['private', 'pasta', 'slirp4netns', 'slirp4netns:mtu=1400'] : []),
        ];
        for (const network of words) {
          const options: LaunchOptions = {
            image: image.tag,
            handshake: fixtureHandshake,
            protocolVersions: [1],
            runtime: 'runc',
            socketDirectory: parent.path,
            network,
          };
          const { verdict } = await planLaunch(engine, options);
          const isSomeoneElses = /^(host|container:.*)$/.test(network);
          const outcome = await launchPlugin(engine, {
            ...options,
            ...(isSomeoneElses && { override: 'refused' }),
          }).then(
            async (plugin) => {
              await plugin[Symbol.asyncDispose]();
              return 'works';
            },
            (error: unknown) => (error as { code: string; message: string }).code,
          );
          const expected = isSomeoneElses || verdict.status === 'works' ? 'works' : 'LAUNCH_REFUSED';
          t.diagnostic(`${network}: ${verdict.status}, ${verdict.network.description}: ${outcome}`);
          assert.equal(outcome, expected, `${network}: ${JSON.stringify(verdict)}`);
        }
      } finally {
        await engine.containers.remove(other, { force: true });
      }
    });
  });
}

const noDaemon = await whyNoDockerDaemon();

describe('gVisor with a network', { ...limits, skip: noDaemon ?? noBusybox ?? false }, () => {
  it('is refused where runsc gives none, and reaches the database where runsc gives one', async (t) => {
    await using daemon = await startDockerDaemon({ ownNetwork: true });
    const world = await openWorld(daemon.socketPath, daemon.shareDirectory, 'runc');
    if ('skipped' in world) {
      t.skip(world.skipped);
      return;
    }
    await using _world = world;
    const { engine, name, address } = world;
    const plan = async (runtime: string, network = name) =>
      (await planLaunch(engine, world.options({ runtime, network }))).verdict;
    if (!('runsc-network' in engine.info.runtimes)) {
      t.skip('runsc is not installed');
      return;
    }
    const closed = await plan('runsc');
    assert.deepEqual([closed.status, closed.network.reach], ['refused', 'none']);
    const open = await plan('runsc-network');
    assert.deepEqual([open.status, open.network.reach], ['works', 'outside'], JSON.stringify(open));
    const bridge = await plan('runsc-network', 'bridge');
    assert.ok('reasons' in bridge && bridge.reasons[0]?.rule === 'network-exists', JSON.stringify(bridge));
    await using plugin = await world.launch({ runtime: 'runsc-network', network: name });
    assert.equal(await dialled(plugin, `${address}:5432`), 'read: a row');
  });
});
