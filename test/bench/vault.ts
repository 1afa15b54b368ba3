/**
 * Vault's own key/value engine in a container: reads and writes on a storage in memory and one on disk, and the time from
 * a mount to its first write, against what the engine alone needs for a container of the same image.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import {
  memoryStorage,
  openFileStorage,
  openVaultMount,
  vaultBackend,
  type VaultMount,
} from '../../src/vault/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { median } from './table.ts';

const rounds = Number(process.env['BULKHEAD_BENCH_ROUNDS'] ?? 9);
/** The measured things take turns, so that whatever else the machine does falls on all. */
const turns = 4;
const callsInTurn = 250;

interface Setting {
  readonly engine: Engine;
  readonly image: string;
  readonly runtime: string;
  readonly open: () => Promise<PluginHost>;
}

export async function benchVault(): Promise<void> {
  const places = loadEngines().flatMap((engine) =>
    engine.services.map(({ runtime, socket }) => ({ engine, runtime, socket })),
  );
  const [first] = places;
  if (first === undefined) {
    console.log(`vault: ${noEngines}`);
    return;
  }
  await withSetting(first, throughput);
  console.log(
    `\nmount to first write answered (ms, median of ${rounds}; floor: create, attach and start of a container of the same image)\n`,
  );
  console.log(
    '| engine | runtime | floor | first mount: range | per floor | second mount on the same container | per floor |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const place of places) {
    await withSetting(place, async (setting) => {
      const { floor, mounts, seconds } = await firstWrites(setting);
      const range = `${Math.min(...mounts).toFixed(0)} to ${Math.max(...mounts).toFixed(0)}`;
      const [own, one, two] = [median(floor), median(mounts), median(seconds)];
      console.log(
        `| ${place.engine.suite} ${place.engine.name} | ${place.runtime} | ${own.toFixed(0)} | ${one.toFixed(0)}: ${range} | ${(one / own).toFixed(2)} | ${two.toFixed(0)} | ${(two / own).toFixed(2)} |`,
      );
    });
  }
}

async function withSetting(
  { engine: testEngine, runtime, socket }: { engine: TestEngine; runtime: string; socket: string },
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  await using engine = await connectEngine({ socketPath: socket });
  const image = await loadFixture(engine, 'go-vault-secrets-kv');
  if (image.skipped !== undefined) {
    console.log(`vault: ${image.skipped}`);
    return;
  }
  await using parent = await ownSocketParent(testEngine);
  await work({
    ...{ engine, image: image.tag, runtime },
    open: async () => {
      const socketDirectory = parent.path;
      const host = await PluginHost.open({ socketPath: socket, runtime, socketDirectory, sweep: false });
      await host.plugins.register({ type: 'secret', name: 'kv', ociImage: image.tag }, { skipProbe: true });
      return host;
    },
  });
}

async function firstWrites(setting: Setting) {
  const [floor, mounts, seconds]: [number[], number[], number[]] = [[], [], []];
  await using host = await setting.open();
  const firstWrite = async (path: string): Promise<{ mount: VaultMount; ms: number }> => {
    const begin = performance.now();
    const mount = await openVaultMount(host, { type: 'secret', name: 'kv', path, storage: memoryStorage() });
    await mount.write('first', { value: 'x' });
    return { mount, ms: performance.now() - begin };
  };
  for (let round = -1; round < rounds; round += 1) {
    const alone = await emptyLaunch(setting);
    const one = await firstWrite('one');
    const two = await firstWrite('two');
    await two.mount.close();
    await one.mount.close();
    if (round < 0) continue; // the first one also loads what is loaded once
    floor.push(alone);
    mounts.push(one.ms);
    seconds.push(two.ms);
  }
  return { floor, mounts, seconds };
}

/** The same requests to the engine, and nobody connects to the plugin. Without the cookie it would end by itself. */
async function emptyLaunch({ engine, image, runtime }: Setting): Promise<number> {
  const begin = performance.now();
  const { id } = await engine.containers.create({
    image,
    network: 'none',
    env: { [vaultBackend.magicCookieKey]: vaultBackend.magicCookieValue },
    ...(engine.kind === 'docker' && { runtime }),
  });
  try {
    await using _output = await engine.containers.attach(id, { stdout: true, stderr: true });
    await engine.containers.start(id);
    const started = performance.now();
    await engine.containers.kill(id).catch(() => undefined); // it may have ended by itself
    await engine.containers.wait(id);
    return started - begin;
  } finally {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
}

interface Measured {
  readonly name: string;
  readonly callers: number;
  readonly call: (number: number) => Promise<unknown>;
  readonly times: number[];
  milliseconds: number;
  number: number;
}

async function throughput(setting: Setting): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    await using host = await setting.open();
    await using storage = await openFileStorage(directory, { key: randomBytes(32) });
    const open = (path: string, on: Parameters<typeof openVaultMount>[1]['storage']) =>
      openVaultMount(host, { type: 'secret', name: 'kv', path, storage: on });
    await using inMemory = await open('memory', memoryStorage());
    await using onDisk = await open('disk', storage);
    const measured = [1, 16].flatMap((callers) =>
      (
        [
          ['help, which asks no storage', () => inMemory.help('')],
          ['write, storage in memory', (number) => inMemory.write(`key-${number}`, { number })],
          ['read, storage in memory', (number) => inMemory.read(`key-${number}`)],
          ['write, storage on disk', (number) => onDisk.write(`key-${number}`, { number })],
          ['read, storage on disk', (number) => onDisk.read(`key-${number}`)],
        ] as [string, Measured['call']][]
      ).map(([name, call]): Measured => ({ name, callers, call, times: [], milliseconds: 0, number: 0 })),
    );
    for (let turn = 0; turn <= turns; turn += 1) {
      for (const each of measured) {
        each.number = 0; // what was written in a turn is there to be read in it
        await callInTurn(each);
        if (turn > 0) continue;
        each.times.length = 0; // the first turn warms up
        each.milliseconds = 0;
      }
    }
    console.log(
      `\nkv version 1 in a container (${setting.runtime}); ${turns * callsInTurn} calls each; a write is two calls of the plugin\n`,
    );
    console.log('| | callers | per second | per help | p50 ms | p99 ms |');
    console.log('| --- | --- | --- | --- | --- | --- |');
    for (const { name, callers, times, milliseconds } of measured) {
      const perSecond = rate({ times, milliseconds });
      const help = measured.find((each) => each.callers === callers);
      const ratio = perSecond / rate(help ?? { times, milliseconds });
      const sorted = times.sort((a, b) => a - b);
      const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2);
      console.log(
        `| ${name} | ${callers} | ${perSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${at(0.5)} | ${at(0.99)} |`,
      );
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function callInTurn(measured: Measured): Promise<void> {
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: measured.callers }, async () => {
      while (measured.number < callsInTurn) {
        const start = performance.now();
        await measured.call(measured.number++);
        measured.times.push(performance.now() - start);
      }
    }),
  );
  measured.milliseconds += performance.now() - begin;
}

function rate({ times, milliseconds }: Pick<Measured, 'times' | 'milliseconds'>): number {
  return (times.length / milliseconds) * 1000;
}
