/** A million replies of one call: this host against one in Go, on the same plugin in Go. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  startPlugin,
  subprocessRunner,
  type Plugin,
  type ServerStreamCall,
} from '../../src/goplugin/index.ts';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { probe } from '../goplugin/fixtures/protos.ts';
import { handshake } from '../goplugin/fixtures/start.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import type { Figure, Line } from './figures.ts';

const rounds = 5;
const messages = 1_000_000;
const size = 100;

interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

interface Client {
  repeat: ServerStreamCall<{ text: string; data: Buffer }, { data: Buffer }>;
}

export async function benchStreaming(): Promise<readonly Figure[]> {
  if (goOnThePath() === undefined) {
    console.log(`streaming: ${noGo}`);
    return [];
  }
  const command = await goProgram('plugin', new URL('../goplugin/go/plugin', import.meta.url));
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const [rates, costs]: [Line[], Line[]] = [[], []];
  for (const autoMtls of [true, false]) {
    await using plugin = await startPlugin({
      createRunner: subprocessRunner({ command }),
      handshake,
      protocolVersions: [1],
      autoMtls,
    });
    const [ours, go]: [Measured[], Measured[]] = [[], []];
    await read(plugin, messages / 10);
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await read(plugin, messages));
      const flags = ['-what=stream', `-mtls=${String(autoMtls)}`, `-size=${size}`, `-messages=${messages}`];
      const { stdout } = await promisify(execFile)(caller, [...flags, '--', command]);
      go.push(JSON.parse(stdout) as Measured);
    }
    const label = `${messages.toLocaleString('en')} messages of ${size} B, ${autoMtls ? 'AutoMTLS' : 'no TLS'}`;
    const [rateOf, costOf] = [({ perSecond }: Measured) => perSecond, ({ cpuMicros }: Measured) => cpuMicros];
    rates.push({ label, ours: ours.map(rateOf), go: go.map(rateOf), goal: { atLeast: 1 } });
    costs.push({ label, ours: ours.map(costOf), go: go.map(costOf) });
  }
  return [
    { name: 'streaming', title: 'Server-streaming', unit: 'messages per second', lines: rates },
    {
      name: 'streaming-cpu',
      title: 'CPU of the host for a message of a stream',
      unit: 'microseconds',
      lines: costs,
    },
  ];
}

async function read(plugin: Plugin, count: number): Promise<Measured> {
  const client = plugin.client<Client>(await probe());
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let seen = 0;
  for await (const { data } of client.repeat({ text: String(count), data: Buffer.alloc(size, 'x') })) {
    if (data.length === size) seen += 1;
  }
  if (seen !== count) throw new Error(`${seen} of ${count} messages came`);
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (count * 1000) / (performance.now() - begin),
    cpuMicros: (user + system) / count,
  };
}
