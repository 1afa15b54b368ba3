/**
 * What the broker's two modes cost, this host and a Go host side by side on the same Go plugin: setting up a brokered
 * stream, in either direction and with its first call, and calls on the main connection.
 */
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { fileURLToPath } from 'node:url';
import {
  loadProto,
  service,
  startPlugin,
  subprocessRunner,
  type DynamicService,
  type Plugin,
  type UnaryCall,
} from '../../src/goplugin/index.ts';
import { goProgram, runGoHost } from '../goplugin/fixtures/go-host.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import type { Figure } from './figures.ts';
import { median } from './table.ts';

const rounds = 3;
const streams = 50;
const modes = [
  { multiplexed: false, mtls: false },
  { multiplexed: false, mtls: true },
  { multiplexed: true, mtls: false },
  { multiplexed: true, mtls: true },
] as const;
const loads = ['100:1', '100:8', '100:64', '65536:1', '65536:8'] as const;
const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };

interface Mode {
  readonly multiplexed: boolean;
  readonly mtls: boolean;
}

interface Probe {
  echo: UnaryCall<{ data?: Buffer; text?: string }, { text: string }>;
  offer: UnaryCall<object, { value: string }>;
  visit: UnaryCall<{ value: number }, { text: string }>;
}

/** By what was measured: one figure of each round. */
type Figures = Map<string, number[]>;

export async function benchBroker(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`broker: ${noGo}`);
    return [];
  }
  const command = await goProgram('plugin', new URL('../goplugin/go/plugin', import.meta.url));
  const probe = await definition('../goplugin/fixtures/probe.proto', 'probe.Probe');
  const kv = await definition('../plugins/proto/kv.proto', 'proto.KV');
  const ours = byMode();
  const plain = new Map<string, number[]>();
  const go = byMode();
  let lost = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of modes) {
      await measureOurs(command, mode, { probe, kv }, figuresOf(ours, mode), plain);
      lost += await measureGo(command, mode, figuresOf(go, mode));
    }
  }
  printStreams(ours, go);
  printCalls(ours, go, plain);
  printCpu(ours, plain);
  if (lost > 0) console.log(`\nThe Go host lost its plugin in ${lost} runs, which were repeated.`);
  return [streamsFigure(ours, go)];
}

function streamsFigure(ours: ByMode, go: ByMode): Figure {
  const lines = modes.flatMap((mode) =>
    (['serve', 'dial'] as const).map((name) => ({
      label: `${words(mode)}, the host ${name}s`,
      ours: inMilliseconds(ours.get(mode)?.get(name)),
      go: inMilliseconds(go.get(mode)?.get(name)),
      goal: { atMost: mode.mtls ? 0.6 : 1.2 },
    })),
  );
  return { name: 'broker', title: 'A brokered stream with its first call', unit: 'ms', lines };
}

function inMilliseconds(microseconds: readonly number[] = []): number[] {
  return microseconds.map((value) => value / 1000);
}

function byMode(): ByMode {
  return new Map(modes.map((mode) => [mode, new Map<string, number[]>()]));
}

function figuresOf(of: ByMode, mode: Mode): Figures {
  return of.get(mode) ?? new Map<string, number[]>();
}

async function definition(file: string, name: string): Promise<DynamicService> {
  const services = await loadProto(fileURLToPath(new URL(file, import.meta.url)));
  const found = services[name];
  if (!found) throw new Error(`${file} defines no ${name}`);
  return found;
}

async function measureOurs(
  command: string,
  { multiplexed, mtls }: Mode,
  { probe, kv }: { probe: DynamicService; kv: DynamicService },
  figures: Figures,
  plain: Figures,
): Promise<void> {
  await using plugin = await startPlugin({
    createRunner: subprocessRunner({ command }),
    handshake,
    protocolVersions: [1],
    autoMtls: mtls,
    brokerMultiplex: multiplexed,
  });
  const client = plugin.client<Probe>(probe);
  const visited = service(kv, { get: () => ({ value: Buffer.from('at the host') }) });
  const serve = async (): Promise<void> => {
    await using offer = await plugin.broker.serve([visited]);
    await client.visit({ value: offer.id });
  };
  const dial = async (): Promise<void> => {
    await using theirs = await plugin.broker.dial(Number((await client.offer({})).value));
    await theirs.client<Probe>(probe).echo({ text: 'brokered' });
  };
  for (const [name, work] of [
    ['serve', serve],
    ['dial', dial],
  ] as const) {
    await inTurn(5, work); // code that has never run is slow
    const cpu = process.cpuUsage();
    note(figures, name, (await inTurn(streams, work)) * 1000);
    const { user, system } = process.cpuUsage(cpu);
    note(figures, `${name} cpu`, (user + system) / streams);
  }
  for (const load of loads) {
    const [size = 0, inFlight = 0] = load.split(':').map(Number);
    const data = Buffer.alloc(size, 'x');
    await callsPerSecond(inFlight, () => client.echo({ data }), 200);
    const cpu = process.cpuUsage();
    const rate = await callsPerSecond(inFlight, () => client.echo({ data }));
    const { user, system } = process.cpuUsage(cpu);
    note(figures, load, rate);
    note(figures, `${load} cpu`, (user + system) / rate); // one second of calls
    if (multiplexed || mtls) continue;
    const alone = await plainRate(plugin, { probe, data, inFlight });
    note(plain, load, alone.rate);
    note(plain, `${load} cpu`, alone.cpu);
  }
}

/** The same calls by grpc-js alone, on a connection of its own to the same socket. */
async function plainRate(
  plugin: Plugin,
  { probe, data, inFlight }: { probe: DynamicService; data: Buffer; inFlight: number },
): Promise<{ rate: number; cpu: number }> {
  const { address } = plugin.handshake.hostAddress;
  const client = new Client(`unix:${address}`, ChannelCredentials.createInsecure());
  const method = probe['Echo'];
  if (!method) throw new Error('Probe has no Echo');
  const call = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { data }, (error, reply) => {
        if (error) reject(error);
        else resolve(reply);
      });
    });
  try {
    await callsPerSecond(inFlight, call, 200);
    const before = process.cpuUsage();
    const rate = await callsPerSecond(inFlight, call);
    const { user, system } = process.cpuUsage(before);
    return { rate, cpu: (user + system) / rate };
  } finally {
    client.close();
  }
}

/** @returns how often it failed before it went through: Go's own multiplexing loses its connection now and then */
async function measureGo(command: string, mode: Mode, figures: Figures, failures = 0): Promise<number> {
  const { multiplexed, mtls } = mode;
  const steps = [`visit*5`, `time:visit*${streams}`, `offer*5`, `time:offer*${streams}`].concat(
    loads.map((load) => `rate:${load}`),
  );
  const flags = [`-mtls=${String(mtls)}`, `-mux=${String(multiplexed)}`, '-steps', steps.join(',')];
  const { results, startError } = await runGoHost(flags, [command], {
    env: {},
    signal: AbortSignal.timeout(120_000),
  });
  const wrong = Object.entries(results).find(([, result]) => result.startsWith('error'));
  if (startError !== '' || wrong) {
    if (failures < 3) return await measureGo(command, mode, figures, failures + 1);
    throw new Error(`the Go host failed: ${startError} ${String(wrong)}`);
  }
  note(figures, 'serve', Number(results[`time:visit*${streams}`]));
  note(figures, 'dial', Number(results[`time:offer*${streams}`]));
  for (const load of loads) note(figures, load, Number(results[`rate:${load}`]));
  return failures;
}

/** @returns milliseconds for each */
async function inTurn(count: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  for (let n = 0; n < count; n += 1) await work();
  return (performance.now() - begin) / count;
}

async function callsPerSecond(
  inFlight: number,
  call: () => Promise<unknown>,
  milliseconds = 1000,
): Promise<number> {
  const begin = performance.now();
  let calls = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (; performance.now() - begin < milliseconds; calls += 1) await call();
    }),
  );
  return (calls * 1000) / (performance.now() - begin);
}

function note(figures: Figures, name: string, value: number): void {
  figures.set(name, [...(figures.get(name) ?? []), value]);
}

type ByMode = ReadonlyMap<Mode, Figures>;

function middle(figures: Figures | undefined, name: string): number {
  return median(figures?.get(name) ?? []);
}

function words({ multiplexed, mtls }: Mode): string {
  return `${multiplexed ? 'one connection' : 'sockets'}, ${mtls ? 'AutoMTLS' : 'plaintext'}`;
}

function printStreams(ours: ByMode, go: ByMode): void {
  console.log(
    `\nA brokered stream with its first call (ms; median of ${rounds} x ${streams}; ratio to Go)\n`,
  );
  console.log('| mode | host serves: here | Go | ratio | host dials: here | Go | ratio |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const mode of modes) {
    const cells = ['serve', 'dial'].flatMap((name) => {
      const [mine, theirs] = [middle(ours.get(mode), name), middle(go.get(mode), name)];
      return [(mine / 1000).toFixed(2), (theirs / 1000).toFixed(2), (mine / theirs).toFixed(2)];
    });
    console.log(`| ${words(mode)} | ${cells.join(' | ')} |`);
  }
}

function printCalls(ours: ByMode, go: ByMode, plain: Figures): void {
  const heads = loads.map((load) => load.replace(':', ' B x'));
  console.log(
    `\nCalls per second on the main connection (median of ${rounds}; in brackets: ratio to sockets)\n`,
  );
  console.log(`| host | mode | ${heads.join(' | ')} |`);
  console.log(`| --- | --- |${' --- |'.repeat(loads.length)}`);
  for (const [host, figures] of [
    ['here', ours],
    ['Go', go],
  ] as const) {
    for (const mode of modes) {
      const base = modes.find(({ multiplexed, mtls }) => !multiplexed && mtls === mode.mtls);
      const cells = loads.map((load) => {
        const rate = middle(figures.get(mode), load);
        const ratio = rate / middle(base && figures.get(base), load);
        return `${Math.round(rate)} (${ratio.toFixed(2)})`;
      });
      console.log(`| ${host} | ${words(mode)} | ${cells.join(' | ')} |`);
    }
  }
  const alone = loads.map((load) => String(Math.round(middle(plain, load))));
  console.log(`| grpc-js alone | sockets, plaintext | ${alone.join(' | ')} |`);
}

/** Of this host alone: on a busy machine it says more than the time by the clock. */
function printCpu(ours: ByMode, plain: Figures): void {
  const heads = loads.map((load) => load.replace(':', ' B x'));
  console.log(`\nCPU time of this host (µs for each; median of ${rounds})\n`);
  console.log(`| mode | stream served | stream dialled | ${heads.join(' | ')} |`);
  console.log(`| --- | --- | --- |${' --- |'.repeat(loads.length)}`);
  for (const mode of modes) {
    const cells = ['serve', 'dial', ...loads].map((name) =>
      String(Math.round(middle(ours.get(mode), `${name} cpu`))),
    );
    console.log(`| ${words(mode)} | ${cells.join(' | ')} |`);
  }
  const alone = loads.map((load) => String(Math.round(middle(plain, `${load} cpu`))));
  console.log(`| grpc-js alone, sockets, plaintext | | | ${alone.join(' | ')} |`);
}
