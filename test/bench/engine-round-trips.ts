/** GET round trips: this client, node:http and dockerode list containers of one server, in turns. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import Docker from 'dockerode';
import { connectEngine } from '../../src/engine/index.ts';
import { median, printTable } from './table.ts';

// Many short turns, so that whatever else the machine does meets all alike.
const rounds = 41;
const callsInRound = 400;

export async function benchRoundTrips(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const socketPath = join(folder, 'engine.sock');
  const server = fork(new URL('engine-server.ts', import.meta.url), [socketPath], {
    execArgv: ['--import', 'tsx'],
  });
  await once(server, 'message');
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const engine = await connectEngine({ socketPath });
  const docker = new Docker({ socketPath });
  const path = `/v${engine.apiVersion}/containers/json`;
  const contenders: Readonly<Record<string, () => Promise<unknown>>> = {
    'node:http, JSON parsed': () => viaNode(socketPath, path, agent),
    'bulkhead, engine.request': () => engine.request({ method: 'GET', path: '/containers/json' }),
    'bulkhead, containers.list (checked)': () => engine.containers.list(),
    'dockerode, listContainers': () => docker.listContainers(),
  };
  try {
    for (const inFlight of [1, 16]) {
      const rates = new Map<string, number[]>();
      for (let round = 0; round <= rounds; round += 1) {
        for (const [name, call] of Object.entries(contenders)) {
          const rate = await callsPerSecond(call, inFlight);
          if (round > 0) rates.set(name, [...(rates.get(name) ?? []), rate]);
        }
      }
      const rows = [...rates].map(([name, values]) => ({ name, value: median(values) }));
      printTable(
        `GET of a list of 20 containers, ${inFlight} in flight (median of ${rounds})`,
        'calls/s',
        rows,
      );
    }
  } finally {
    await engine.close();
    agent.destroy();
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function callsPerSecond(call: () => Promise<unknown>, inFlight: number): Promise<number> {
  let left = callsInRound;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left > 0) {
        left -= 1;
        await call();
      }
    }),
  );
  return (callsInRound * 1000) / (performance.now() - begin);
}

function viaNode(socketPath: string, path: string, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path, agent }, (response) => {
      json(response).then(resolve, reject);
    }).on('error', reject);
  });
}
