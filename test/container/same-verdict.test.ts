/**
 * What is said of a launch beforehand is what the launch does: the same plan through every door, for random options and an
 * engine that says random things of itself, and for every length and kind of the folder for sockets.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { connectEngine } from '../../src/engine/index.ts';
import {
  LaunchRefusedError,
  LaunchUnknownError,
  launchPlugin,
  liveMatrix,
  PluginHost,
  type LaunchOptions,
} from '../../src/index.ts';
import { settingDefinitions } from '../../src/settings/setting-list.ts';
import type { ContainerSettings } from '../../src/settings/container-settings.ts';
import { startFaultProxy, type Fault } from '../../src/testing/index.ts';
import { runInProcess } from '../cli/in-process.ts';
import { everything } from '../everything.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { inTurn } from '../engines/in-turn.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { anyKeyValue, fixtureHandshake, loadFixture } from '../plugins/images.ts';
import { makeSocketParents } from './socket-parents.ts';

const places = loadEngines()
  .filter(({ rootless, suite }) => !rootless && suite === 'host')
  .flatMap((engine) =>
    engine.services.filter(({ runtime }) => runtime === 'runc').map(({ socket }) => ({ engine, socket })),
  );
if (places.length === 0) it('judges as it launches', { skip: noEngines }, () => undefined);

/** Each asks an engine a dozen times. */
const runs = everything ? 100 : 3;

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** Mostly false, so that some launches work. */
const seldom = fc.constantFrom(false, false, false, true);

const settings: fc.Arbitrary<ContainerSettings> = fc
  .record({
    rootless: maybe(fc.constant(true)),
    user: maybe(fc.constantFrom('0:0', '1000:1000', 'nobody-knows')),
    requireNonRoot: maybe(fc.constant(true)),
    network: maybe(fc.constantFrom('none', 'host', 'bridge')),
    readOnlyRootFilesystem: maybe(fc.constant(false)),
    capAdd: maybe(fc.subarray(['IPC_LOCK', 'NET_ADMIN'], { minLength: 1 })),
    noNewPrivileges: maybe(fc.boolean()),
    seccomp: maybe(fc.constant('unconfined' as const)),
    memoryBytes: maybe(fc.constantFrom<number | 'unlimited'>(1024, 64 << 20, 'unlimited')),
    cpuNanos: maybe(fc.constantFrom(5e8, 9e12)),
    pidsLimit: maybe(fc.constantFrom<number | 'unlimited'>(100, 'unlimited')),
    cgroupParent: maybe(fc.constantFrom('/plugins', 'plugins.slice')),
    tmpfs: maybe(fc.constant([{ path: '/tmp' }])),
    ulimits: maybe(
      fc.constantFrom([{ name: 'nofile', soft: 64, hard: 64 }], [{ name: 'core', soft: -1, hard: -1 }]),
    ),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const asked = fc.record({
  settings,
  mlock: fc.boolean(),
  brokerMultiplex: fc.boolean(),
  override: fc.constantFrom(undefined, undefined, 'unknown' as const, 'refused' as const),
  /** What the engine says otherwise than it is. */
  said: fc.record({ unconfined: seldom, limits: seldom.map((is) => !is) }),
});

/** An engine that says no more than what was made up of it, and makes no container. */
function faultOf({ unconfined, limits }: { unconfined: boolean; limits: boolean }, created: () => void) {
  const edit = (info: unknown): unknown => {
    const { host, ...docker } = info as { host?: { security: object }; SecurityOptions?: string[] };
    if (host !== undefined) {
      return {
        ...docker,
        host: {
          ...host,
          ...(!limits && { cgroupControllers: [] }),
          security: { ...host.security, ...(unconfined && { seccompProfilePath: 'unconfined' }) },
        },
      };
    }
    return {
      ...docker,
      ...(unconfined && { SecurityOptions: ['name=seccomp,profile=unconfined'] }),
      ...(!limits && { MemoryLimit: false, CpuCfsQuota: false, PidsLimit: false }),
    };
  };
  const body = JSON.stringify({ message: 'made up', cause: 'made up', response: 500 });
  const refusal = `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return ({ method, target }: { method: string; target: string }): Fault => {
    if (target.endsWith('/info')) return { kind: 'edit', edit };
    if (method !== 'POST' || !target.includes('/containers/create')) return { kind: 'none' };
    created();
    return { kind: 'replace', bytes: Buffer.from(refusal) };
  };
}

for (const place of places) {
  const { engine: testEngine, socket } = place;
  /** Those that have their turn on this engine. */
  const here = <T>(cases: readonly T[]): T[] =>
    cases.filter((_, index) => inTurn(places, index).includes(place));
  describe(`what is said of a launch beforehand, on ${testEngine.name}`, { timeout: 600_000 }, () => {
    it('is what the launch does, through every door', async (t) => {
      await using direct = await connectEngine({ socketPath: socket });
      const image = await loadFixture(direct, anyKeyValue);
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using parent = await ownSocketParent(testEngine);
      await using parents = await makeSocketParents(parent.path);
      const folders = fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(...Object.values(parents.usable)) },
        { weight: 1, arbitrary: fc.constantFrom(...Object.values(parents.refused).map(([path]) => path)) },
      );
      const verdicts = new Set<string>();
      // A Podman service for gVisor would be the host's own, and none of the proxy's.
      const usual = testEngine.kind === 'docker' ? ['runc', 'runc', 'runsc'] : ['runc', 'runc', 'runc'];
      const runtimes = fc.constantFrom(...usual, 'nosuch');
      await fc.assert(
        fc.asyncProperty(asked, runtimes, folders, async (wanted, runtime, socketDirectory) => {
          const { settings: given, said, ...others } = wanted;
          const more = { ...others, runtime };
          let reached = false;
          const fault = faultOf(said, () => {
            reached = true;
          });
          await using proxy = await startFaultProxy({ target: socket, fault });
          await using host = await PluginHost.open({ socketPath: proxy.socketPath, sweep: false });
          const options: LaunchOptions = {
            ...given,
            ...more,
            image: image.tag,
            socketDirectory,
            handshake: fixtureHandshake,
            protocolVersions: [1],
          };
          const check = await host.check(options);
          verdicts.add(`${check.status} ${check.ok}`);
          const why = check.status === 'works' ? [] : check.reasons.map(({ rule }) => rule);

          const { status, stdout } = await runInProcess([
            ...['check', image.tag, '-format=json', `-engine=${proxy.socketPath}`],
            ...flagsOf(given),
            ...[`-oci_runtime=${more.runtime}`, `-mlock=${more.mlock}`],
            ...[`-broker_multiplex=${more.brokerMultiplex}`, `-socket_directory=${socketDirectory}`],
            ...(more.override === undefined ? [] : [`-override=${more.override}`]),
          ]);
          const said1 = JSON.parse(stdout) as { ok: boolean; verdict: string; strategy: object };
          assert.deepEqual([said1.ok, said1.verdict, status === 0], [check.ok, check.status, check.ok]);
          const strategy = check.status === 'works' ? check.strategy : check.attempt;
          assert.deepEqual(said1.strategy, JSON.parse(JSON.stringify(strategy)));

          const refused = await host.start(options).then(
            () => assert.fail('the engine makes no container'),
            (error: unknown) => error,
          );
          const isRefusal = refused instanceof LaunchRefusedError || refused instanceof LaunchUnknownError;
          assert.equal(isRefusal, !check.ok, String(refused));
          // What an override lets through may still be refused by the engine's client, and what works may not.
          assert.equal(reached, check.status === 'works' || (check.ok && reached), String(refused));
          if (isRefusal)
            assert.deepEqual(
              refused.reasons.map(({ rule }) => rule),
              why,
            );
        }),
        { numRuns: runs, endOnFailure: true },
      );
      t.diagnostic([...verdicts].join(', '));
    });

    it('holds for every length of the folder for sockets', async (t) => {
      await using engine = await connectEngine({ socketPath: socket });
      const image = await loadFixture(engine, anyKeyValue);
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using parent = await ownSocketParent(testEngine);
      await using host = await PluginHost.open({ socketPath: socket, runtime: 'runc', sweep: false });
      const worked = { host: [] as number[], direct: [] as number[] };
      const lengths = [40, 48, 49, 50, 51, 58, 66, 67, 68, 69, 85, 107, 110];
      const tried = here(lengths);
      for (const length of tried) {
        const socketDirectory = `${parent.path}/${'x'.repeat(length - parent.path.length - 1)}`;
        await mkdir(socketDirectory);
        const options: LaunchOptions = {
          image: image.tag,
          runtime: 'runc',
          socketDirectory,
          handshake: fixtureHandshake,
          protocolVersions: [1],
        };
        const check = await host.check(options);
        assert.equal(await works(host.start(options)), check.ok, `${length} bytes, by a host`);
        if (check.ok) worked.host.push(length);

        const plan = await planLaunch(engine, options);
        const isPlanned = plan.refusal === undefined;
        assert.equal(await works(launchPlugin(engine, options)), isPlanned, `${length} bytes`);
        if (isPlanned) worked.direct.push(length);

        const { status } = await runInProcess([
          ...['check', image.tag, '-oci_runtime=runc', `-engine=${socket}`],
          `-socket_directory=${socketDirectory}`,
        ]);
        assert.equal(status === 0, check.ok, `${length} bytes, by the command`);
      }
      assert.deepEqual(worked, {
        host: tried.filter((length) => length < 50),
        direct: tried.filter((length) => length < 68),
      });
    });

    it('holds for every kind of the folder for sockets, in the same words', async (t) => {
      await using engine = await connectEngine({ socketPath: socket });
      const image = await loadFixture(engine, anyKeyValue);
      if (image.skipped !== undefined) {
        t.skip(image.skipped);
        return;
      }
      await using parent = await ownSocketParent(testEngine);
      await using parents = await makeSocketParents(parent.path);
      await using host = await PluginHost.open({ socketPath: socket, runtime: 'runc', sweep: false });
      const optionsFor = (socketDirectory: string): LaunchOptions => ({
        image: image.tag,
        runtime: 'runc',
        socketDirectory,
        handshake: fixtureHandshake,
        protocolVersions: [1],
      });
      for (const [kind, socketDirectory] of here(Object.entries(parents.usable))) {
        const options = optionsFor(socketDirectory);
        assert.equal((await host.check(options)).status, 'works', kind);
        assert.equal(await works(host.start(options)), true, kind);
        assert.equal(await works(launchPlugin(engine, options)), true, kind);
      }
      for (const [kind, [socketDirectory, rule]] of here(Object.entries(parents.refused))) {
        const options = optionsFor(socketDirectory);
        const before = await readdir(socketDirectory).catch(() => []);
        const check = await host.check(options);
        assert.ok(check.status === 'refused', kind);
        assert.ok(
          check.reasons.some((reason) => reason.rule === rule),
          `${kind}: ${check.reasons.map((reason) => reason.rule).join(', ')}`,
        );
        for (const override of [undefined, 'refused'] as const) {
          if (override !== undefined && rule === 'socket-file-system') continue; // it is tried, and fails
          const asked = { ...options, override };
          assert.equal((await host.check(asked)).ok, false, kind);
          const refused = { code: 'LAUNCH_REFUSED', reasons: check.reasons };
          await assert.rejects(host.start(asked), refused, kind);
          if (rule !== 'socket-path-length') await assert.rejects(launchPlugin(engine, asked), refused, kind);
        }
        const { status, stdout } = await runInProcess([
          ...['check', image.tag, '-oci_runtime=runc', `-engine=${socket}`, '-format=json'],
          `-socket_directory=${socketDirectory}`,
        ]);
        const said = JSON.parse(stdout) as { reasons: object[] };
        assert.deepEqual([status, said.reasons], [1, check.reasons], kind);
        if (socketDirectory !== '/proc')
          assert.deepEqual(await readdir(socketDirectory).catch(() => []), before);
      }

      const [theirs = ''] = parents.refused['of another user'] ?? [];
      const kinds = { kv: { handshake: fixtureHandshake, protocolVersions: [1], sharing: 'never' as const } };
      const place = { socketPath: socket, runtime: 'runc', socketDirectory: theirs };
      await using registering = await PluginHost.open({ ...place, kinds, sweep: false });
      const plugin = { type: 'kv', name: 'kv', ociImage: image.tag };
      await assert.rejects(registering.plugins.register(plugin), { code: 'LAUNCH_REFUSED' });
      const { cells } = await liveMatrix({
        engines: [engine],
        image: image.tag,
        filter: { runtime: ['runc'], mlock: [false] },
        launch: { handshake: fixtureHandshake, protocolVersions: [1], socketDirectory: theirs },
      });
      assert.ok(cells.length > 0);
      for (const { verdict, live, agrees } of cells)
        assert.deepEqual([verdict, live?.error?.code, agrees], ['refused', 'LAUNCH_REFUSED', true]);
    });
  });
}

/** Whether the launch went ahead; nothing but a refusal may keep it from that. */
async function works(launching: Promise<AsyncDisposable>): Promise<boolean> {
  try {
    await using _plugin = await launching;
    return true;
  } catch (error) {
    if (error instanceof LaunchRefusedError) return false;
    throw error;
  }
}

/** The settings as words of a command line. */
function flagsOf(given: ContainerSettings): string[] {
  return settingDefinitions.flatMap(([name, { flag }]) => {
    const value = given[name];
    if (value === undefined) return [];
    if (flag.form === 'lifted') return [`-${flag.name}=${!(value as boolean)}`];
    if (name === 'tmpfs') return (given.tmpfs ?? []).map(({ path }) => `-tmpfs=${path}`);
    if (name === 'ulimits')
      return (given.ulimits ?? []).map(({ name: limit, soft, hard }) => `-ulimit=${limit}=${soft}:${hard}`);
    if (Array.isArray(value)) return (value as string[]).map((each) => `-${flag.name}=${each}`);
    return [`-${flag.name}=${JSON.stringify(value).replaceAll('"', '')}`];
  });
}
