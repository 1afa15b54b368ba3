/** Unary calls of one plugin in Go: this host against one in Go, in turns, as a subprocess and in containers. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startPlugin, subprocessRunner, type Plugin } from '../../src/goplugin/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadImage, packBinaryPlugin } from '../../src/packing/index.ts';
import { loadEngines, type TestEngine } from '../engines/engines.ts';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { probeClient, type ProbeClient } from '../goplugin/fixtures/probe-client.ts';
import { handshake } from '../goplugin/fixtures/start.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import type { Figure, Goal, Line } from './figures.ts';
import { startGoPeer } from './go-peer.ts';

const rounds = 5;
const seconds = 0.4;
const small = 100;
const long = 64 * 1024;
const loads = [small, long].flatMap((size) => [1, 8, 64].map((inFlight) => ({ size, inFlight })));

interface Measured {
  readonly perSecond: number;
  readonly cpuMicrosPerCall: number;
}

type Load = (typeof loads)[number];

/** A plugin that both hosts call. */
interface Place {
  readonly name: string;
  readonly title: string;
  readonly client: ProbeClient;
  readonly go: (load: Load) => Promise<Measured>;
  readonly rateGoal: (load: Load) => Goal;
  readonly cpuGoal?: (load: Load) => Goal;
}

export async function benchCalls(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`calls: ${noGo}`);
    return [];
  }
  const probe = await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url));
  const figures: Figure[] = [];
  for (const mode of ['mtls', 'plain', 'multiplexed'] as const) {
    await using plugin = await startPlugin({
      createRunner: subprocessRunner({ command: probe, args: [] }),
      handshake,
      protocolVersions: [1],
      autoMtls: mode !== 'plain',
      brokerMultiplex: mode === 'multiplexed',
    });
    figures.push(...(await compare(await subprocess(mode, plugin, probe))));
  }
  for (const engine of loadEngines()) {
    if (engine.kind !== 'docker' || engine.rootless || engine.suite !== 'host') continue;
    for (const { runtime, socket } of engine.services) {
      if (runtime !== 'crun') figures.push(...(await inContainer(engine, { runtime, socket }, probe)));
    }
  }
  return figures;
}

async function subprocess(
  mode: 'mtls' | 'plain' | 'multiplexed',
  plugin: Plugin,
  command: string,
): Promise<Place> {
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const flags = [`-mtls=${String(mode !== 'plain')}`, `-mux=${String(mode === 'multiplexed')}`];
  const titles = { mtls: 'AutoMTLS', plain: 'no TLS', multiplexed: 'multiplexed, AutoMTLS' };
  return {
    name: `subprocess-${mode}`,
    title: `a subprocess, ${titles[mode]}`,
    client: await probeClient(plugin),
    go: async ({ size, inFlight }) => {
      const load = [`-size=${size}`, `-in-flight=${inFlight}`, `-seconds=${seconds}`];
      const { stdout } = await promisify(execFile)(caller, [...flags, ...load, '--', command]);
      return JSON.parse(stdout) as Measured;
    },
    rateGoal: mode === 'multiplexed' ? () => ({ atLeast: 1 }) : rateGoal,
    cpuGoal,
  };
}

async function inContainer(
  engine: TestEngine,
  { runtime, socket }: { readonly runtime: string; readonly socket: string },
  binary: string,
): Promise<readonly Figure[]> {
  await using connection = await connectEngine({ socketPath: socket });
  const image = await packBinaryPlugin({ tag: 'localhost/bulkhead-test/go-probe:1', binary });
  await loadImage(connection, image);
  await using parent = await ownSocketParent(engine);
  await using host = await PluginHost.open({ socketPath: socket, runtime, socketDirectory: parent.path });
  await using plugin = await host.start({ image: image.tag, handshake, protocolVersions: [1] });
  const { rootless, kind } = engine;
  const settings = { image: image.tag, runtime, directory: parent.path, rootless, kind };
  await using peer = await startGoPeer(socket, settings);
  const sandboxed = runtime === 'runsc';
  return await compare({
    name: `docker-${runtime}`,
    title: `Docker with ${runtime}, AutoMTLS`,
    client: await probeClient(plugin),
    go: async ({ size, inFlight }) => await peer.calls(size, inFlight, seconds),
    rateGoal: sandboxed ? () => ({ atLeast: 1 }) : rateGoal,
    ...(sandboxed ? {} : { cpuGoal }),
  });
}

/** The goals for calls per second, and for the CPU of a call, as ratios to Go. */
function rateGoal({ size, inFlight }: Load): Goal {
  return { atLeast: size === small ? 1.3 : inFlight === 1 ? 1.2 : 1 };
}

function cpuGoal({ size, inFlight }: Load): Goal {
  return { atMost: size === long ? 0.8 : inFlight === 1 ? 0.6 : inFlight === 8 ? 0.5 : 0.4 };
}

async function compare({ name, title, client, go, ...goals }: Place): Promise<readonly Figure[]> {
  const [rates, costs]: [Line[], Line[]] = [[], []];
  await measure(client, { size: small, inFlight: 64 }, 1.5); // compiled by then
  for (const load of loads) {
    const [ours, theirs]: [Measured[], Measured[]] = [[], []];
    await measure(client, load, seconds);
    await go(load);
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measure(client, load, seconds));
      theirs.push(await go(load));
    }
    const label = `${load.size === small ? '100 B' : '64 KiB'}, ${load.inFlight} in flight`;
    const [rateOf, costOf] = [
      ({ perSecond }: Measured) => perSecond,
      ({ cpuMicrosPerCall }: Measured) => cpuMicrosPerCall,
    ];
    rates.push({ label, ours: ours.map(rateOf), go: theirs.map(rateOf), goal: goals.rateGoal(load) });
    costs.push({ label, ours: ours.map(costOf), go: theirs.map(costOf), goal: goals.cpuGoal?.(load) });
  }
  return [
    { name: `calls-${name}`, title: `Calls of ${title}`, unit: 'calls per second', lines: rates },
    {
      name: `cpu-${name}`,
      title: `CPU of the host for a call of ${title}`,
      unit: 'microseconds',
      lines: costs,
    },
  ];
}

async function measure(client: ProbeClient, { size, inFlight }: Load, length: number): Promise<Measured> {
  const data = Buffer.alloc(size, 'x');
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let calls = 0;
  const caller = async (): Promise<void> => {
    for (; performance.now() - begin < length * 1000; calls += 1) await client.echo({ data });
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const used = process.cpuUsage(cpu);
  return {
    perSecond: (calls / (performance.now() - begin)) * 1000,
    cpuMicrosPerCall: (used.user + used.system) / calls,
  };
}
