/**
 * Runs in a guest: launches a small plugin in Go in every cell of the engines that are found, calls it, lets it call back
 * through the broker, stops it, and writes what was predicted and what happened. In software emulation a plugin on Node.js,
 * which `bulkhead matrix -live` brings along, would take many minutes to load and start.
 *
 *     node live-cells.js FILE [SECONDS] [FILTER as JSON]
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BulkheadError,
  liveMatrix,
  loadImage,
  loadProto,
  packBinaryPlugin,
  PluginHost,
  service,
  type Plugin,
} from 'bulkhead';
import { cellName, type CellFilter, type MatrixRow } from 'bulkhead/compatibility';
import { connectEngine, findSockets, type Engine } from 'bulkhead/engine';

interface Counter {
  put(
    request: { add_server: number; key: string; value: number },
    options: { signal: AbortSignal },
  ): Promise<unknown>;
  get(request: { key: string }, options: { signal: AbortSignal }): Promise<{ value: string }>;
}

const [file = 'cells.json', seconds = '600', filter = '{}'] = process.argv.slice(2);
const binary = join(import.meta.dirname, 'prober');
const definitions = await loadProto(join(import.meta.dirname, 'counter.proto'));

/** How long one use of a channel may take in emulation, in seconds. */
const channelSeconds = 120;
const wanted = JSON.parse(filter) as CellFilter;
const engines: Engine[] = [];
for (const { socketPath } of await findSockets()) {
  // The service of root's own session is the system's Podman once more, with the same storage.
  if (socketPath.startsWith('/run/user/0/')) continue;
  try {
    const engine = await connectEngine({ socketPath, limits: { connectMs: 60_000, headersMs: 600_000 } });
    // Loading images takes longer than a cell, so engines without cells get none.
    if (wanted.engine?.includes(engine.kind) === false) await engine.close();
    else engines.push(engine);
  } catch (error) {
    const { code, message } = BulkheadError.from(error);
    if (code !== 'ENGINE_SOCKET_ABSENT') console.log(`left out: ${socketPath}: ${message}`);
  }
}
assert.ok(engines.length > 0, 'no engine answers');
const hosts = new Map<Engine, Promise<PluginHost>>();
const hostOf = (engine: Engine): Promise<PluginHost> => {
  const found = hosts.get(engine) ?? PluginHost.open({ socketPath: engine.socketPath, sweep: false });
  hosts.set(engine, found);
  // One that was late for a cell is tried again for the next.
  found.catch(() => hosts.delete(engine));
  return found;
};
const cells: MatrixRow[] = [];
try {
  const image = { plain: await pack('plain', []), locking: await pack('locking', ['IPC_LOCK']) };
  const needed = [image.plain, image.locking].filter((_, at) => wanted.mlock?.includes(at === 1) !== false);
  for (const engine of engines) {
    const where = `${engine.kind} ${engine.version} at ${engine.socketPath}`;
    try {
      for (const each of needed) {
        const present = await engine.images.inspect(each.tag).catch(() => undefined);
        if (present === undefined) await loadImage(engine, each);
      }
      console.log(`${where} has the images`);
    } catch (error) {
      // Its cells fail, and those of the others do not.
      console.log(`${where} did not take the images: ${BulkheadError.from(error).message}`);
    }
  }
  await liveMatrix({
    engines,
    image: image.plain.tag,
    imageOf: ({ mlock }) => (mlock ? image.locking : image.plain).tag,
    launch: ({ mlock }) => ({
      handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
      protocolVersions: [1],
      args: mlock ? ['mlock'] : [],
    }),
    exercise,
    filter: wanted,
    ownEngine: async (engine, runtime) => (await hostOf(engine)).engine(runtime),
    cellTimeoutMs: Number(seconds) * 1000,
    channelTimeoutMs: Math.min(Number(seconds), channelSeconds) * 1000,
    parallel: 1,
    onRow: (row, { done, total }) => {
      cells.push(row);
      const happened = row.live === undefined ? 'not launched' : row.live.ok ? 'works' : 'fails';
      console.log(`${done} of ${total}: ${cellName(row)}: ${row.verdict}, ${happened}`);
      if (row.live?.error !== undefined)
        console.log(`  ${row.live.error.code}: ${row.live.error.message}\n  ${row.live.error.hint ?? ''}`);
      // What was launched is kept if a later cell does not come to an end.
      void writeFile(file, `${JSON.stringify({ cells }, undefined, 2)}\n`);
    },
  });
} finally {
  for (const host of await Promise.allSettled(hosts.values()))
    if (host.status === 'fulfilled') await host.value.close().catch(tell);
  for (const engine of engines) await engine.close().catch(tell);
}
await writeFile(file, `${JSON.stringify({ cells }, undefined, 2)}\n`);

function tell(error: unknown): void {
  console.log(BulkheadError.from(error).message);
}

function pack(name: string, fileCapabilities: readonly string[]) {
  const tag = `localhost/bulkhead-guest/prober-${name}:1`;
  return packBinaryPlugin({ tag, binary, workingDirectory: '/tmp', fileCapabilities });
}

/** The plugin is called, calls back through the broker, and answers. */
async function exercise(plugin: Plugin, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const { 'proto.Counter': definition, 'proto.AddHelper': helper } = definitions;
  assert.ok(definition && helper);
  const counter = plugin.client<Counter>(definition);
  const addHelper = service(helper, {
    sum: ({ a, b }: { a: string; b: string }) => ({ r: String(BigInt(a) + BigInt(b)) }),
  });
  await using adder = await plugin.broker.serve([addHelper]);
  await counter.put({ add_server: adder.id, key: 'answer', value: 42 }, { signal });
  assert.equal((await counter.get({ key: 'answer' }, { signal })).value, '42');
}
