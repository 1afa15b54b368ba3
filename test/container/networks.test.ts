/**
 * A plugin that has to reach a database: by every word for a network it gets the very network that was asked for, or
 * the launch is refused, and what is said beforehand is what the plugin finds when it really connects.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { launchPlugin, type LaunchOptions } from '../../src/container/index.ts';
import { removeContainer } from '../../src/container/remove.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadProto, type Plugin } from '../../src/goplugin/index.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../engines/docker-daemon.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { isInTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';

const limits = { timeout: 180_000 };
const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;
const noNetworks =
  'this rootless Docker may not make networks in the network namespace that it was started in';
const engines = noBusybox === undefined ? loadEngines() : [];
if (engines.length === 0) it('launches into networks', { skip: noBusybox ?? noEngines }, () => undefined);

/** A network with a database in it, which tells a row to whoever connects. */
interface World extends AsyncDisposable {
  readonly engine: Engine;
  /** Words for the network, and its name. */
  readonly words: readonly string[];
  readonly name: string;
  readonly address: string;
  options(options: Partial<LaunchOptions>): LaunchOptions;
}

interface Place {
  readonly socketPath: string;
  readonly socketDirectory: string;
  /** A network that is there already; one is made otherwise. */
  readonly network?: string | undefined;
}

/** @returns why there can't be one */
async function openWorld({
  socketPath,
  socketDirectory,
  network,
}: Place): Promise<World | { skipped: string }> {
  const engine = await connectEngine({ socketPath });
  await ensureTestImage(engine);
  const image = await loadFixture(engine, 'go-faulty');
  if (image.skipped !== undefined) return { skipped: image.skipped };
  const undo: (() => Promise<unknown>)[] = [() => engine.close()];
  const end = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const words = [network ?? `plugins-${randomBytes(4).toString('hex')}`];
    const [name = ''] = words;
    if (network === undefined) {
      const made = await engine
        .request({ method: 'POST', path: '/networks/create', body: { Name: name } })
        .catch((error: unknown) => {
          if (engine.kind === 'docker' && engine.rootless) return undefined;
          throw error;
        });
      if (made === undefined) {
        await end();
        return { skipped: noNetworks };
      }
      const { body } = made;
      undo.push(() => engine.request({ method: 'DELETE', path: `/networks/${name}` }));
      const { Id: id } = body as { Id: string };
      words.push(id, id.slice(0, 12));
    }
    const { id: database } = await engine.containers.create({
      image: testImage,
      cmd: ['/bin/busybox', 'nc', '-ll', '-p', '5432', '-e', '/bin/busybox', 'echo', 'a row'],
      runtime: 'runc',
      network: name,
    });
    undo.push(() => removeContainer(engine, database));
    await engine.containers.start(database);
    const { endpoints } = await engine.containers.inspect(database);
    return {
      engine,
      words,
      name: endpoints[0]?.network ?? '',
      address: endpoints[0]?.ipv4?.address ?? '',
      options: (more) => ({
        image: image.tag,
        handshake: fixtureHandshake,
        protocolVersions: [1],
        runtime: 'runc',
        socketDirectory,
        ...more,
      }),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
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

/** Whether the engine has a network `bridge`: the rootless Docker of the tests is set up without. */
const hasBridge = ({ kind, rootless }: TestEngine): boolean => kind === 'podman' || !rootless;

for (const [number, testEngine] of engines.entries()) {
  const sandboxes = testEngine.services.find(({ runtime }) => runtime === 'runsc');
  const runc = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (runc === undefined) continue;

  describe(`a database beside a plugin on ${testEngine.suite} ${testEngine.name}`, limits, () => {
    it('is reached through the network that was asked for', async (t) => {
      await using parent = await ownSocketParent(testEngine);
      // A rootless Podman 4 does not find networks in a storage below /var/lib, as that of the tests is.
      const network = testEngine.rootless && testEngine.kind === 'podman' ? 'bridge' : undefined;
      const world = await openWorld({ socketPath: runc.socket, socketDirectory: parent.path, network });
      if ('skipped' in world) {
        t.skip(world.skipped);
        return;
      }
      await using _world = world;
      const { engine, name, address } = world;
      assert.match(address, ipv4);
      for (const word of world.words) {
        const options = world.options({ network: word });
        const { verdict } = await planLaunch(engine, options);
        assert.deepEqual(
          [verdict.status, verdict.network.reach],
          ['works', 'outside'],
          JSON.stringify(verdict),
        );
        await using plugin = await launchPlugin(engine, options);
        assert.equal(await dialled(plugin, `${address}:5432`), 'read: a row', word);
        const { endpoints } = await engine.containers.inspect(plugin.id ?? '');
        assert.deepEqual(
          endpoints.map((endpoint) => endpoint.network),
          [name],
        );
        const { ipv4: own } = endpoints[0] ?? {};
        assert.match(own?.address ?? '', ipv4);
        assert.match(own?.gateway ?? '', ipv4);
        assert.ok((own?.prefixLength ?? 0) > 0);
        assert.notEqual(own?.address, address);
      }
    });

    it('is not reached, and this is said, where the engine gives no network', async (t) => {
      const cases = [
        ...(sandboxes === undefined ? [] : [{ ...sandboxes, rule: 'runsc-gives-network' }]),
        ...(hasBridge(testEngine) ? [] : [{ ...runc, rule: 'network-exists' }]),
      ];
      for (const { runtime, socket, rule } of cases) {
        await using parent = await ownSocketParent(testEngine);
        await using engine = await connectEngine({ socketPath: socket });
        const image = await loadFixture(engine, 'go-faulty');
        if (image.skipped !== undefined) {
          t.skip(image.skipped);
          return;
        }
        const options: LaunchOptions = {
          image: image.tag,
          handshake: fixtureHandshake,
          protocolVersions: [1],
          runtime,
          socketDirectory: parent.path,
          network: 'bridge',
        };
        const { verdict } = await planLaunch(engine, options);
        assert.deepEqual(
          [verdict.status, verdict.network.reach],
          ['refused', 'none'],
          JSON.stringify(verdict),
        );
        assert.ok('reasons' in verdict && verdict.reasons.some((reason) => reason.rule === rule));
        await assert.rejects(launchPlugin(engine, options), { code: 'LAUNCH_REFUSED' });
        await using plugin = await launchPlugin(engine, { ...options, override: 'refused' });
        assert.match(
          await dialled(plugin, '172.17.0.1:5432'),
          /^failed: .*(unreachable|no route)/,
          `${runtime} ${rule}`,
        );
      }
    });
  });

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
        for (const network of words.filter((_, word) => isInTurn(word + number, 2))) {
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
          // This Docker is in a network namespace that does not belong to its user namespace.
          if (network === 'host' && !hasBridge(testEngine)) continue;
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
    const { socketPath, shareDirectory: socketDirectory } = daemon;
    const world = await openWorld({ socketPath, socketDirectory });
    if ('skipped' in world) {
      t.skip(world.skipped);
      return;
    }
    await using _world = world;
    const { engine, name, address } = world;
    if (!('runsc-network' in engine.info.runtimes)) {
      t.skip('runsc is not installed');
      return;
    }
    const plan = async (runtime: string, network = name) =>
      (await planLaunch(engine, world.options({ runtime, network }))).verdict;
    const closed = await plan('runsc');
    assert.deepEqual([closed.status, closed.network.reach], ['refused', 'none']);
    const open = await plan('runsc-network');
    assert.deepEqual([open.status, open.network.reach], ['works', 'outside'], JSON.stringify(open));
    const bridge = await plan('runsc-network', 'bridge');
    assert.ok('reasons' in bridge && bridge.reasons[0]?.rule === 'network-exists', JSON.stringify(bridge));
    await using plugin = await launchPlugin(
      engine,
      world.options({ runtime: 'runsc-network', network: name }),
    );
    assert.equal(await dialled(plugin, `${address}:5432`), 'read: a row');
  });
});
