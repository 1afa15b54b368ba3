/** What supervision costs, and what it gives: restart latency, sharing, memory, overhead per call. */
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import {
  loadProto,
  PluginHost,
  type DynamicService,
  type Mount,
  type Plugin,
  type PluginHostOptions,
} from '../../src/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { sharedKind, type KeyValue } from '../host/cell.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { median } from './table.ts';

const rounds = Number(process.env['BULKHEAD_BENCH_ROUNDS'] ?? 9);
const value = Buffer.from('v');

interface Setting {
  readonly engine: Engine;
  readonly image: string;
  readonly definition: DynamicService;
  readonly open: (options?: PluginHostOptions) => Promise<PluginHost>;
}

export async function benchHost(): Promise<void> {
  const places = loadEngines().flatMap((engine) =>
    engine.services.map(({ runtime, socket }) => ({ engine, runtime, socket })),
  );
  const [first] = places;
  if (first === undefined) {
    console.log(`host: ${noEngines}`);
    return;
  }
  await withSetting(first, async (setting) => {
    await overhead(setting);
    await manyMounts(setting);
    await idleMemory(setting);
  });
  console.log(
    `\ncontainer killed by its engine, call as soon as the engine has said so, until it is answered (ms; ${rounds} rounds; Podman says so a while after the end)\n`,
  );
  console.log('| engine | runtime | median | range | with a spare: median | range | errors |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const place of places) {
    await withSetting(place, async (setting) => {
      const cold = await killed(setting, false);
      const warm = await killed(setting, true);
      const name = `${place.engine.suite} ${place.engine.name}`;
      const errors = cold.errors + warm.errors;
      console.log(
        `| ${name} | ${place.runtime} | ${describe(cold.times)} | ${describe(warm.times)} | ${errors} of ${2 * rounds} |`,
      );
    });
  }
}

async function withSetting(
  { engine: testEngine, runtime, socket }: { engine: TestEngine; runtime: string; socket: string },
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  await using engine = await connectEngine({ socketPath: socket });
  const image = await loadFixture(engine, 'go-faulty');
  if (image.skipped !== undefined) {
    console.log(`host: ${image.skipped}`);
    return;
  }
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  if (definition === undefined) throw new Error('kv.proto has no proto.KV');
  await using parent = await ownSocketParent(testEngine);
  await work({
    engine,
    image: image.tag,
    definition,
    open: async (options = {}) => {
      const host = await PluginHost.open({
        socketPath: socket,
        runtime,
        socketDirectory: parent.path,
        kinds: { kv: sharedKind },
        restart: { delayMs: 0, maxFailures: Infinity },
        sweep: false,
        ...options,
      });
      await host.plugins.register({ type: 'kv', name: 'kv', ociImage: image.tag }, { skipProbe: true });
      return host;
    },
  });
}

async function killed({ engine, definition, open }: Setting, warmSpare: boolean) {
  await using host = await open({ warmSpare });
  const mount = await host.mount('kv', 'kv');
  const kv = mount.client<KeyValue>(definition);
  const times: number[] = [];
  let errors = 0;
  for (let round = 0; round < rounds; round += 1) {
    while (warmSpare && host.instances()[0]?.spare !== true) await pause(20);
    const state = host.instances()[0]?.state;
    if (state?.name !== 'ready' || state.containerId === undefined) throw new Error('not ready');
    await engine.containers.kill(state.containerId);
    const begin = performance.now();
    await kv.put({ key: 'k', value }).catch(() => {
      errors += 1;
    });
    times.push(performance.now() - begin);
  }
  return { times, errors };
}

/**
 * The same call, taking turns one by one, so that whatever else the machine does falls on all. The bare client takes part
 * twice: what it differs from itself is what the measurement is worth.
 */
async function overhead({ definition, open }: Setting): Promise<void> {
  await using host = await open();
  let plugin: Plugin | undefined;
  const mount = await host.mount('kv', 'kv', {
    prepare(started) {
      plugin = started;
      return Promise.resolve();
    },
  });
  if (plugin === undefined) throw new Error('the mount was not prepared');
  const clients = [
    plugin.client<KeyValue>(definition),
    mount.client<KeyValue>(definition),
    plugin.client<KeyValue>(definition),
  ];
  // A client that is used less than another is compiled later: all are used enough before.
  for (let turn = 0; turn < 300; turn += 1)
    for (const client of clients)
      await Promise.all(Array.from({ length: 64 }, () => client.put({ key: 'k', value })));
  console.log('\na call through the bare client and through a mount (µs, median)\n');
  console.log('| in flight | bare | mount | mount / bare | bare again / bare |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [inFlight, turns] of [
    [1, 6000],
    [64, 1500],
  ] as const) {
    const times = clients.map((): number[] => []);
    for (let turn = -turns / 20; turn < turns; turn += 1) {
      for (let each = 0; each < clients.length; each += 1) {
        const which = Math.abs(turn + each) % clients.length;
        const client = clients[which];
        if (client === undefined) continue;
        const begin = performance.now();
        await Promise.all(Array.from({ length: inFlight }, () => client.put({ key: 'k', value })));
        if (turn >= 0) times[which]?.push(((performance.now() - begin) * 1000) / inFlight);
      }
    }
    const [bare = NaN, through = NaN, again = NaN] = times.map(median);
    const columns = [
      bare.toFixed(1),
      through.toFixed(1),
      (through / bare).toFixed(3),
      (again / bare).toFixed(3),
    ];
    console.log(`| ${inFlight} | ${columns.join(' | ')} |`);
  }
}

async function manyMounts({ definition, open }: Setting): Promise<void> {
  await using host = await open();
  const mounts: Mount[] = [await host.mount('kv', 'kv')];
  const before = memory();
  const begin = performance.now();
  for (let i = 1; i < 1000; i += 1) mounts.push(await host.mount('kv', 'kv'));
  const made = performance.now() - begin;
  const used = memory() - before;
  await Promise.all(mounts.map((mount) => mount.client<KeyValue>(definition).put({ key: 'k', value })));
  const closing = performance.now();
  for (const mount of mounts.slice(1)) await mount.close();
  console.log('\n1000 mounts on one container\n');
  console.log(
    `${host.instances().length} instance; ${(made / 999).toFixed(2)} ms and ${(used / 999 / 1024).toFixed(1)} KiB of heap for each mount; ` +
      `${((performance.now() - closing) / 999).toFixed(2)} ms to close one`,
  );
}

async function idleMemory({ image, open }: Setting): Promise<void> {
  await using host = await open();
  const launch = { ...sharedKind, image };
  const plugins: Plugin[] = [await host.start(launch)];
  const [heap, rss] = [memory(), process.memoryUsage().rss];
  const count = 10;
  for (let i = 0; i < count; i += 1) plugins.push(await host.start(launch));
  const used = (memory() - heap) / count / 1024;
  const resident = (process.memoryUsage().rss - rss) / count / 1024;
  console.log(
    `\nmemory of the host for each idle plugin: ${used.toFixed(0)} KiB of heap, ${resident.toFixed(0)} KiB resident`,
  );
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

function describe(times: readonly number[]): string {
  return `${Math.round(median(times))} | ${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
