/**
 * Where the time of a launch goes, in this host and in HashiCorp's library, taking turns: both reach the engine through a
 * proxy that notes when their requests and its answers pass. Behind it nobody can tell which process the engine is, so that a
 * launch with crun would be an override.
 */
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PluginHost } from '../../src/index.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import type { Figure } from './figures.ts';
import { startGoPeer, type PeerSettings } from './go-peer.ts';

const rounds = 15;

/** Names of the parts of a launch, in order, and where each ends. The last one ends with the first reply. */
const parts = {
  'to the create request': 'create',
  create: 'created',
  'to the start request': 'start',
  start: 'started',
  'program, to its handshake line': 'line',
  'connection and first reply': 'healthy',
} as const;
type Moment = (typeof parts)[keyof typeof parts];

export interface BesideGo {
  readonly socket: string;
  readonly settings: PeerSettings;
  readonly label: string;
}

export async function launchBesideGo({ socket, settings, label }: BesideGo): Promise<Figure | undefined> {
  if (goOnThePath() === undefined) return undefined;
  const { image, runtime, directory } = settings;
  await using tap = await startTap(socket, join(directory, 'tap.sock'));
  await using host = await PluginHost.open({ socketPath: tap.socketPath, runtime });
  await using peer = await startGoPeer(tap.socketPath, settings);
  const launchers = {
    async ours(): Promise<number> {
      const begin = performance.now();
      await using plugin = await host.start({
        image,
        handshake: fixtureHandshake,
        protocolVersions: [1],
        socketDirectory: directory,
      });
      await plugin.health();
      return performance.now() - begin;
    },
    go: async (): Promise<number> => (await peer.launch()).launchMs,
  };
  const times = { ours: [] as Record<string, number>[], go: [] as Record<string, number>[] };
  for (let round = -1; round < rounds; round += 1) {
    for (const who of round % 2 === 0 ? (['ours', 'go'] as const) : (['go', 'ours'] as const)) {
      tap.clear();
      const begin = performance.now();
      const took = await launchers[who]();
      if (round >= 0) times[who].push(between(begin, { ...tap.moments(), healthy: begin + took }));
    }
  }
  const lines = Object.keys(parts).map((part) => ({
    label: part,
    ours: times.ours.map((each) => each[part] ?? NaN),
    go: times.go.map((each) => each[part] ?? NaN),
  }));
  const name = `beside-go-${label.split(', ').slice(0, 2).join('-')}`;
  return { name, title: `Parts of a launch, beside the library in Go: ${label}`, unit: 'ms', lines };
}

function between(begin: number, moments: Partial<Record<Moment, number>>): Record<string, number> {
  let before = begin;
  return Object.fromEntries(
    Object.entries(parts).map(([part, end]) => {
      const at = moments[end] ?? NaN;
      const took = at - before;
      before = at;
      return [part, took];
    }),
  );
}

interface Tap extends AsyncDisposable {
  readonly socketPath: string;
  clear(): void;
  moments(): Partial<Record<Moment, number>>;
}

async function startTap(target: string, socketPath: string): Promise<Tap> {
  const seen = new Map<Moment, number>();
  const sockets = new Set<Socket>();
  const note = (moment: Moment): void => {
    if (!seen.has(moment)) seen.set(moment, performance.now());
  };
  const server = createServer((client) => {
    const engine = connect(target);
    let starts = false;
    client.on('data', (data) => {
      const head = data.toString('latin1', 0, 256);
      if (/^POST \S+\/containers\/create/.test(head)) note('create');
      starts = /^POST \S+\/start /.test(head);
      if (starts) note('start');
      engine.write(data);
    });
    engine.on('data', (data) => {
      const text = data.toString('latin1');
      if (text.startsWith('HTTP/1.1 201')) note('created');
      else if (starts && /^HTTP\/1.1 20/.test(text)) note('started');
      else if (/\d\|1\|unix\|/.test(text)) note('line');
      client.write(data);
    });
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(socket);
      socket.on('end', () => other.end());
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    clear: () => {
      seen.clear();
    },
    moments: () => Object.fromEntries(seen),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(socketPath, { force: true });
    },
  };
}
