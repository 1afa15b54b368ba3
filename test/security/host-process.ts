/**
 * The host that is attacked, in a process of its own: it keeps an honest plugin, starts each attacker that it is told of,
 * and says how it went. Its code is that of the checkout in `BULKHEAD_ATTACKED`, so that an older one can be attacked too.
 */
import { EventEmitter, once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type * as Bulkhead from '../../src/index.ts';
import type * as Compatibility from '../../src/compatibility/index.ts';
import type * as Control from '../../src/host/control/serve-control.ts';
import type * as Logs from '../../src/host/instances/plugin-log.ts';
import type * as KvService from '../plugins/kv-service.ts';
import type { HostCommand, HostReport } from './messages.ts';

const [socketPath = '', runtime = '', parent = '', honestImage = '', honestUser = ''] = process.argv.slice(2);
const source = process.env['BULKHEAD_ATTACKED'];
/** Loads a module of the checkout that is attacked, compiled where this file is. */
const load = async (path: string): Promise<unknown> => {
  const name = source === undefined ? path.replace(/\.ts$/, extname(import.meta.url)) : path;
  return import(pathToFileURL(join(source ?? process.cwd(), name)).href);
};

const { cleanupEnded, PluginHost, loadProto } = (await load('src/index.ts')) as typeof Bulkhead;
const { gatherEngineFacts } = (await load('src/compatibility/index.ts')) as typeof Compatibility;
const { kvService } = (await load('test/plugins/kv-service.ts')) as typeof KvService;

interface KeyValue {
  Put(request: { key: string; value: Uint8Array }, options?: { timeoutMs?: number }): Promise<unknown>;
  Get(request: { key: string }, options?: { timeoutMs?: number }): Promise<{ value: Uint8Array }>;
}

/** Longer than any attack lasts. */
const callMs = 15_000;
const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };

const service = await definition();
const host = await PluginHost.open({ socketPath, runtime, socketDirectory: parent, sweep: false });
const honest = await host.start({
  image: honestImage,
  handshake,
  protocolVersions: [1],
  user: honestUser,
  args: ['serve'],
});
const honestKv = honest.client<KeyValue>(service);
let logged = 0;
let followed: Logs.PluginLog | undefined;
const ears = new EventEmitter();
let heard = false;
/** How long a line may take behind ninety megabytes of others. */
const longestHearingMs = 60_000;
/** How long the removal of the fullest folder may take on a busy machine. */
const longestRemovalMs = 45_000;
let rounds = 0;

tell({ ready: true, hostId: host.id, memoryMiB: peakMiB() });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as HostCommand;
  if (command.end === true) break;
  resetPeak();
  logged = 0;
  heard = false;
  const outcome = await attacked(command).catch(describeWhenRemoved);
  const { gained, said } = typeof outcome === 'string' ? { gained: [], said: outcome } : outcome;
  tell({ said, gained, served: await isServed(), peakMiB: peakMiB(), logged, heard });
}
await host.close();
tell({ closed: true });
process.exit(0);

async function definition(): Promise<Bulkhead.DynamicService> {
  const found = (await loadProto(join(source ?? process.cwd(), 'test/plugins/proto/kv.proto')))['proto.KV'];
  if (found === undefined) throw new Error('kv.proto has no proto.KV');
  return found;
}

interface Went {
  readonly said: string;
  readonly gained: readonly string[];
}

async function attacked({
  attack,
  image,
  user,
  env,
  entrypoint,
  memoryBytes,
}: HostCommand): Promise<Went | string> {
  const plugin = await host.start({
    image,
    handshake,
    protocolVersions: [1],
    user,
    env,
    args: [attack.name],
    entrypoint,
    startTimeoutMs: 12_000,
    tmpfs: [{ path: '/tmp' }],
    brokerMultiplex: attack.multiplex === true,
    ...(memoryBytes !== undefined && { memoryBytes }),
    onOutput: (chunk) => followed?.printed(1, chunk),
    onLog: (entry) => {
      const { message } = entry;
      logged += 1;
      followed?.logged(1, entry);
      if (message !== 'still heard') return;
      heard = true;
      ears.emit('heard');
    },
  });
  try {
    const went = await acted(plugin, attack.act);
    // The reply comes on another way than the lines that were written before it.
    if (attack.name.startsWith('log-') && !heard) {
      const signal = AbortSignal.timeout(longestHearingMs);
      await once(ears, 'heard', { signal }).catch(() => undefined);
    }
    return went;
  } finally {
    await plugin.stop({ graceMs: 300 }).catch(() => undefined);
    await plugin[Symbol.asyncDispose]();
  }
}

/** Somebody who asked for the logs over the socket by which commands ask, and reads nothing of them. */
async function standStill(): Promise<AsyncDisposable> {
  const { serveControl } = (await load('src/host/control/serve-control.ts')) as typeof Control;
  const { PluginLog } = (await load('src/host/instances/plugin-log.ts')) as typeof Logs;
  const log = new PluginLog();
  log.printed(1, { stream: 'stdout', data: Buffer.from('a line that was there before\n') });
  const directory = await mkdtemp(join(tmpdir(), 'followed-'));
  const asked = {
    logs: () => log.lines(),
    followLogs: (_id: string, listener: Parameters<Logs.PluginLog['follow']>[0]) => log.follow(listener),
  };
  const control = await serveControl(asked as unknown as Bulkhead.PluginHost, {
    directory,
    trustedOwners: [],
  });
  const [name = ''] = await readdir(join(directory, 'hosts'));
  const reader = connect(join(directory, 'hosts', name));
  reader.write(`${JSON.stringify({ op: 'logs', instance: 'i', follow: true })}\n`);
  await once(reader, 'readable'); // the host follows by now
  followed = log;
  return {
    async [Symbol.asyncDispose]() {
      followed = undefined;
      reader.destroy();
      await control[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function acted(plugin: Bulkhead.Plugin, act: HostCommand['attack']['act']): Promise<Went> {
  const kv = plugin.client<KeyValue>(service);
  const call = async (): Promise<Went> => {
    const { value } = await kv.Get({ key: 'attack' }, { timeoutMs: callMs });
    return { said: 'replied', gained: JSON.parse(String(value)) as string[] };
  };
  switch (act) {
    case 'call':
      return call();
    case 'health':
      await plugin.health({ timeoutMs: callMs });
      return call();
    case 'put':
      await kv.Put({ key: 'k', value: Buffer.alloc(8 * 2 ** 20) }, { timeoutMs: 4000 });
      return call();
    case 'reflect':
      await plugin.reflection.service('proto.KV');
      return call();
    case 'decode': {
      const nested = (await loadProto(new URL('nested.proto', import.meta.url).pathname))['attack.Nested'];
      if (nested === undefined) throw new Error('nested.proto has no attack.Nested');
      const client = plugin.client<{ Get(request: object, options?: object): Promise<unknown> }>(nested);
      await client.Get({}, { timeoutMs: callMs });
      return { said: 'replied', gained: [] };
    }
    case 'follow': {
      await using _reader = await standStill();
      return await call();
    }
    case 'look': {
      const went = await call();
      const engine = await host.engine();
      await gatherEngineFacts(engine, { socketDirectory: parent });
      await (
        await host.start({ image: honestImage, handshake, protocolVersions: [1], user: honestUser })
      )[Symbol.asyncDispose]();
      return went;
    }
    case 'serve': {
      const served = await plugin.broker.serve([kvService(forever)]);
      const went = await call();
      await served.close();
      return went;
    }
    case 'share': {
      const calling = call();
      const state = { ended: false };
      void calling.catch(() => undefined).then(() => (state.ended = true));
      for (let shared = 0; shared < 400 && !state.ended; shared += 1) {
        const served = await plugin.broker.serve([kvService()]).catch(() => undefined);
        await served?.close().catch(() => undefined);
      }
      return calling;
    }
  }
}

/** An error says so when the removal takes longer than a start waits for it, as that of 100,000 names may. */
async function describeWhenRemoved(error: unknown): Promise<string> {
  const { cleanupPending } = error as { cleanupPending?: true };
  if (cleanupPending !== true) return describe(error);
  await cleanupEnded({ signal: AbortSignal.timeout(longestRemovalMs) });
  return `${describe(error)} (removed later)`;
}

/** Of the key `slow`: a handler that never ends. */
function forever(key: string): void | Promise<void> {
  if (key === 'slow') return new Promise(() => undefined);
}

async function isServed(): Promise<boolean> {
  const value = Buffer.from(`round ${(rounds += 1)}`);
  try {
    await honestKv.Put({ key: 'k', value }, { timeoutMs: 10_000 });
    const reply = await honestKv.Get({ key: 'k' }, { timeoutMs: 10_000 });
    return Buffer.from(reply.value).equals(value);
  } catch {
    return false;
  }
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return `${code ?? 'error'}: ${message.slice(0, 160)}${message.length > 5000 ? ` (${message.length} characters)` : ''}`;
}

/** proc(5): the highest resident set since the last reset, the kernel's own count. */
function peakMiB(): number {
  return Math.round(
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024,
  );
}

function resetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

function tell(report: HostReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
