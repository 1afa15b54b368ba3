/** Unary calls of one plugin: this host against plain @grpc/grpc-js on the same socket, and against a host in Go. */
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startPlugin, subprocessRunner, type DynamicService } from '../../src/goplugin/index.ts';
import { goProgram } from '../goplugin/fixtures/go-host.ts';
import { probeClient } from '../goplugin/fixtures/probe-client.ts';
import { probe } from '../goplugin/fixtures/protos.ts';
import { fixtureCommand, handshake } from '../goplugin/fixtures/start.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { median } from './table.ts';

const rounds = 5;
const roundMs = 600;
const cases = [100, 64 * 1024].flatMap((size) => [1, 8, 64].map((inFlight) => ({ size, inFlight })));

interface Measured {
  readonly perSecond: number;
  readonly cpuMicrosPerCall: number;
}

type Echo = (data: Buffer) => Promise<unknown>;

export async function benchCalls(): Promise<void> {
  const command = await probeCommand();
  const [program = '', ...args] = command;
  await using plugin = await startPlugin({
    createRunner: subprocessRunner({ command: program, args }),
    handshake,
    protocolVersions: [1],
    autoMtls: false,
  });
  const ours = await probeClient(plugin);
  const plain = new Client(`unix:${plugin.handshake.hostAddress.address}`, credentials.createInsecure());
  const hosts = {
    ours: (data: Buffer) => ours.echo({ data }),
    'grpc-js': plainEcho(plain, await probe()),
  } as const satisfies Record<string, Echo>;
  try {
    console.log(
      `unary calls, no TLS: per second (CPU µs per call); median of ${rounds} rounds that take turns; overhead in CPU per call\n`,
    );
    console.log('| bytes | in flight | ours | plain grpc-js | overhead | Go host | ours per Go |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    for (const { size, inFlight } of cases) {
      const runs: Record<keyof typeof hosts, Measured[]> = { ours: [], 'grpc-js': [] };
      const go: Measured[] = [];
      for (const echo of Object.values(hosts)) await measure(echo, size, inFlight); // warmed up
      for (let round = 0; round < rounds; round += 1) {
        for (const name of ['ours', 'grpc-js'] as const)
          runs[name].push(await measure(hosts[name], size, inFlight));
        if (goOnThePath() !== undefined && round % 2 === 0) go.push(await goHost(command, size, inFlight));
      }
      const [own, other] = [middle(runs.ours), middle(runs['grpc-js'])];
      const peer = go.length === 0 ? undefined : middle(go);
      const overhead = median(
        runs.ours.map(
          ({ cpuMicrosPerCall }, index) => cpuMicrosPerCall / (runs['grpc-js'][index]?.cpuMicrosPerCall ?? 1),
        ),
      );
      console.log(
        `| ${size} | ${inFlight} | ${shown(own)} | ${shown(other)} | ${Math.round((overhead - 1) * 100)} % | ${peer ? shown(peer) : 'no Go here'} | ${peer ? (own.perSecond / peer.perSecond).toFixed(2) : ''} |`,
      );
    }
  } finally {
    plain.close();
  }
}

/** The plugin in Go where there is Go, else the one in TypeScript. */
async function probeCommand(): Promise<readonly string[]> {
  if (goOnThePath() === undefined) return fixtureCommand;
  return [await goProgram('probe', new URL('../goplugin/go/probe', import.meta.url))];
}

function plainEcho(client: Client, definition: DynamicService): Echo {
  const method = definition['Echo'];
  if (!method) throw new TypeError('probe.proto has no Echo');
  const { path, requestSerialize, responseDeserialize } = method;
  return (data) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { data },
        new Metadata(),
        {},
        (error, reply) => {
          if (error) reject(error);
          else resolve(reply);
        },
      );
    });
}

async function measure(echo: Echo, size: number, inFlight: number): Promise<Measured> {
  const data = Buffer.alloc(size, 'x');
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let calls = 0;
  const caller = async (): Promise<void> => {
    for (; performance.now() - begin < roundMs; calls += 1) await echo(data);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const used = process.cpuUsage(cpu);
  return {
    perSecond: (calls / (performance.now() - begin)) * 1000,
    cpuMicrosPerCall: (used.user + used.system) / calls,
  };
}

async function goHost(command: readonly string[], size: number, inFlight: number): Promise<Measured> {
  const caller = await goProgram('caller', new URL('../goplugin/go/caller', import.meta.url));
  const flags = [`-size=${size}`, `-in-flight=${inFlight}`, `-seconds=${roundMs / 1000}`, '-mtls=false'];
  const { stdout } = await promisify(execFile)(caller, [...flags, '--', ...command]);
  return JSON.parse(stdout) as Measured;
}

function middle(runs: readonly Measured[]): Measured {
  return {
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    cpuMicrosPerCall: median(runs.map(({ cpuMicrosPerCall }) => cpuMicrosPerCall)),
  };
}

function shown({ perSecond, cpuMicrosPerCall }: Measured): string {
  return `${Math.round(perSecond)} (${Math.round(cpuMicrosPerCall)})`;
}
