/** The watchdog's own process; see watchdog.ts. */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { connectEngine, startPodmanService, type Engine } from '../../engine/index.ts';
import { livenessOf } from '../../linux/process-identity.ts';
import { sweepAll, type Cluster, type MayLive } from './sweep.ts';
import type { WatchdogLine, WatchedEngine } from './watchdog.ts';

const pollMs = 50;
/** How long a host may take from closing its pipe until it is gone. One that still lives after that needs no help. */
const longestDeathMs = 10_000;

const mayLive: MayLive = { folders: new Set(), anywhere: false };
const lines: WatchdogLine[] = [];
for await (const line of createInterface({ input: process.stdin }))
  lines.push(JSON.parse(line) as WatchdogLine);

const host = lines.find((line) => line.kind === 'host');
if (host !== undefined && !lines.some(({ kind }) => kind === 'bye')) {
  const deadline = performance.now() + longestDeathMs;
  while (livenessOf(host.process) !== 'gone' && performance.now() < deadline) await delay(pollMs);
  for (const line of lines) {
    if (line.kind !== 'engine') continue;
    await sweepOf(line.engine).catch(() => {
      mayLive.anywhere = true;
    });
  }
  const { failures } = await sweepAll([], host.parents, clusterOf(host), { mayLive });
  const isClean = !mayLive.anywhere && mayLive.folders.size === 0 && failures.length === 0;
  for (const line of lines) if (line.kind === 'record' && isClean) await rm(line.path, { force: true });
}

function clusterOf({ clusterId, key }: { clusterId: string; key: string }): Cluster {
  return { clusterId, key: Buffer.from(key, 'hex') };
}

async function sweepOf(watched: WatchedEngine): Promise<void> {
  if (host === undefined) return;
  if ('socketPath' in watched) {
    await using engine: Engine = await connectEngine({ socketPath: watched.socketPath });
    await sweepAll([engine], [], clusterOf(host), { mayLive });
    return;
  }
  await using service = await startPodmanService(watched.podman);
  await using engine: Engine = await connectEngine({ socketPath: service.socketPath });
  await sweepAll([engine], [], clusterOf(host), { mayLive });
}
