/** What a mount adds to a call: CPU for a call through it, against the bare client of the same plugin. */
import { PluginHost, type Plugin } from '../../src/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadImage, packBinaryPlugin } from '../../src/packing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import type { ProbeClient } from '../goplugin/fixtures/probe-client.ts';
import { probe } from '../goplugin/fixtures/protos.ts';
import { sharedKind } from '../host/cell.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import type { Figure, Line } from './figures.ts';

const turns = 100;
const milliseconds = 60;
const data = Buffer.alloc(100, 'x');

export async function benchMounted(): Promise<readonly Figure[]> {
  const engine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  const service = engine?.services.find(({ runtime }) => runtime === 'runc');
  if (engine === undefined || service === undefined || goOnThePath() === undefined) {
    console.log(`mounted: ${service === undefined ? noEngines : noGo}`);
    return [];
  }
  const socketPath = service.socket;
  await using connection = await connectEngine({ socketPath });
  const binary = await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url));
  const image = await packBinaryPlugin({ tag: 'localhost/bulkhead-test/go-probe:1', binary });
  await loadImage(connection, image);
  await using parent = await ownSocketParent(engine);
  await using host = await PluginHost.open({
    socketPath,
    runtime: 'runc',
    socketDirectory: parent.path,
    kinds: { probe: sharedKind },
    sweep: false,
  });
  await host.plugins.register({ type: 'probe', name: 'probe', ociImage: image.tag }, { skipProbe: true });
  const plugins: Plugin[] = [];
  const mount = await host.mount('probe', 'probe', {
    prepare(started) {
      plugins.push(started);
      return Promise.resolve();
    },
  });
  const [plugin] = plugins;
  if (plugin === undefined) throw new Error('the mount was not prepared');
  const definition = await probe();
  const [bare, mounted] = [plugin.client<ProbeClient>(definition), mount.client<ProbeClient>(definition)];
  const lines: Line[] = [];
  for (const inFlight of [1, 64]) {
    const cost = async (client: ProbeClient): Promise<number> => await microsOfCall(client, inFlight);
    for (let warm = 0; warm < 20; warm += 1) await cost(warm % 2 === 0 ? bare : mounted);
    const [ours, other]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < turns; turn += 1) {
      if (turn % 2 === 0) ours.push(await cost(mounted));
      other.push(await cost(bare));
      if (turn % 2 === 1) ours.push(await cost(mounted));
    }
    lines.push({ label: `100 B, ${inFlight} in flight`, ours, go: other, goal: { atMost: 1.03 } });
  }
  return [
    {
      name: 'mounted',
      title: 'CPU of the host for a call through a mount, Docker with runc, AutoMTLS',
      unit: 'microseconds',
      lines,
      own: 'mount',
      other: 'bare client',
    },
  ];
}

async function microsOfCall(client: ProbeClient, inFlight: number): Promise<number> {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let calls = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (; performance.now() - begin < milliseconds; calls += 1) await client.echo({ data });
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / calls;
}
