/**
 * Real engines that say that they label or confine their containers, as on a host with SELinux or AppArmor: what they are
 * then asked for, and which answers end a launch.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { launchPlugin, type AttestationError } from '../../src/container/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { startFaultProxy, type Fault } from '../../src/testing/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');
if (engines.length === 0) it('confined engines', { skip: noEngines }, () => undefined);

type Json = Readonly<Record<string, unknown>>;
type Module = 'selinux' | 'apparmor';

/** What an engine says on a host with that security module; the rest is its own. */
function host(module: Module, inspected: (container: Json) => Json) {
  return ({ target }: { readonly target: string }): Fault => {
    if (target.endsWith('/info')) return { kind: 'edit', edit: (info) => withModule(info as Json, module) };
    if (!/\/containers\/[^/]+\/json$/.test(target)) return { kind: 'none' };
    return { kind: 'edit', edit: (container) => inspected(container as Json) };
  };
}

function withModule(info: Json, module: Module): Json {
  const { host: podman, SecurityOptions: options } = info;
  if (podman === undefined) return { ...info, SecurityOptions: [...(options as string[]), `name=${module}`] };
  const { security } = podman as { security: object };
  return { ...info, host: { ...(podman as Json), security: { ...security, [`${module}Enabled`]: true } } };
}

interface Launch {
  readonly testEngine: TestEngine;
  readonly runtime: string;
  readonly fault: (request: { readonly target: string }) => Fault;
}

/** Launches, and returns what the engine then has of the container, or why nothing could be launched. */
async function launched({
  testEngine,
  runtime,
  fault,
}: Launch): Promise<{ made: Json } | { skipped: string }> {
  const socket = testEngine.services.find((service) => service.runtime === runtime)?.socket;
  if (socket === undefined) return { skipped: `${testEngine.name} has no ${runtime}` };
  await using direct = await connectEngine({ socketPath: socket });
  const image = await loadFixture(direct, anyKeyValue);
  if (image.skipped !== undefined) return { skipped: image.skipped };
  await using proxy = await startFaultProxy({ target: socket, fault });
  await using engine = await connectEngine({ socketPath: proxy.socketPath });
  await using parent = await ownSocketParent(testEngine);
  await using plugin = await launchPlugin(engine, {
    image: image.tag,
    handshake: fixtureHandshake,
    protocolVersions: [1],
    runtime,
    socketDirectory: parent.path,
    override: 'unknown', // a proxy hides how the engine runs runsc
  });
  await plugin.health();
  const { raw } = await direct.containers.inspect(plugin.id ?? '');
  return { made: raw as Json };
}

for (const [number, testEngine] of engines.entries()) {
  const isDocker = testEngine.kind === 'docker';
  describe(`${testEngine.name}, on a host that confines containers`, { timeout: 180_000 }, () => {
    const itInTurn = testsInTurn(number, engines.length);

    it('is asked for no SELinux label under gVisor, which runsc would refuse', async (t) => {
      const done = await launched({ testEngine, runtime: 'runsc', fault: host('selinux', (made) => made) });
      if ('skipped' in done) {
        t.skip(done.skipped);
        return;
      }
      if (!isDocker) return; // Podman tells it by the missing label alone, which is compared
      const { SecurityOpt: options } = done.made['HostConfig'] as { SecurityOpt: string[] };
      assert.ok(options.includes('label=disable'), JSON.stringify(options));
    });

    itInTurn('and a label all the same ends the launch', async (t) => {
      const label = 'system_u:system_r:container_t:s0:c1,c2';
      const fault = host('selinux', (made) => ({ ...made, ProcessLabel: label }));
      const launching = launched({ testEngine, runtime: 'runsc', fault });
      const done = await launching.catch((error: unknown) => error as AttestationError);
      if ('skipped' in done) {
        t.skip(done.skipped);
        return;
      }
      assert.ok('differences' in done, 'the launch has failed');
      assert.deepEqual(
        done.differences.map(({ setting }) => setting),
        ['SELinux label'],
      );
    });

    itInTurn('whose AppArmor profile is another one once the container runs, ends it', async (t) => {
      const named = isDocker ? 'docker-default' : 'containers-default-0.62.2';
      const isRunning = ({ State: state }: Json) => (state as { Running: boolean }).Running;
      const fault = (after: string) =>
        host('apparmor', (made) => ({
          ...made,
          AppArmorProfile: isRunning(made) ? after : isDocker ? '' : named,
        }));
      const good = await launched({ testEngine, runtime: 'runc', fault: fault(named) });
      if ('skipped' in good) {
        t.skip(good.skipped);
        return;
      }
      for (const after of ['unconfined', '', `${named} (complain)`]) {
        await assert.rejects(launched({ testEngine, runtime: 'runc', fault: fault(after) }), (error) => {
          const { code, differences, hint } = error as AttestationError;
          assert.equal(code, 'ATTESTATION_FAILED', String(error));
          assert.deepEqual(
            differences.map(({ setting, made }) => [setting, made]),
            [['AppArmor', after === '' ? 'none' : after]],
          );
          assert.match(hint ?? '', /ended before anything was sent to it/);
          return true;
        });
      }
    });
  });
}

for (const testEngine of engines) {
  const service = testEngine.services.find(({ runtime }) => runtime === 'runc');
  if (service === undefined) continue;
  it(`${testEngine.name} tells of a relabelled folder and a missing label as they are compared`, async (t) => {
    await using engine = await connectEngine({ socketPath: service.socket });
    const image = await loadFixture(engine, anyKeyValue);
    if (image.skipped !== undefined) {
      t.skip(image.skipped);
      return;
    }
    await using parent = await ownSocketParent(testEngine);
    const bind = { type: 'bind', source: parent.path, target: '/s', relabel: 'private' } as const;
    const { id } = await engine.containers.create({
      image: image.tag,
      runtime: 'runc',
      selinuxLabel: 'disable',
      mounts: [bind],
    });
    try {
      const { mounts, securityOpt, processLabel } = await engine.containers.inspect(id);
      const made = mounts.find(({ target }) => target === '/s');
      assert.ok(made !== undefined);
      assert.ok(made.options.includes('Z'), JSON.stringify(made));
      assert.deepEqual([made.readOnly, made.propagation], [false, 'rprivate']);
      assert.equal(processLabel, '');
      if (engine.kind === 'docker') assert.ok(securityOpt.includes('label=disable'));
    } finally {
      await engine.containers.remove(id, { force: true });
    }
  });
}
