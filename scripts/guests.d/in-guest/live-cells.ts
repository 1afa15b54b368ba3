/**
 * Runs in a guest: launches a small plugin in Go in every cell of the engines that are found, calls it, lets it call back
 * through the broker, stops it, and writes what was predicted and what happened. In software emulation a plugin on Node.js,
 * which `bulkhead matrix -live` brings along, would take many minutes to load and start.
 *
 *     node live-cells.js FILE [SECONDS] [FILTER as JSON] [SOCKET...]
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BulkheadError,
  liveMatrix,
  loadImage,
  loadProto,
  service,
  type ExerciseContext,
  type Plugin,
} from 'bulkhead';
import { cellName, userImageCache, type CellFilter, type MatrixRow } from 'bulkhead/compatibility';
import { guestEngines, handshake, packProber } from './guest-engines.ts';

interface Counter {
  put(
    request: { add_server: number; key: string; value: number },
    options: { signal: AbortSignal },
  ): Promise<unknown>;
  get(request: { key: string }, options: { signal: AbortSignal }): Promise<{ value: string }>;
}

const [file = 'cells.json', seconds = '600', filter = '{}', ...sockets] = process.argv.slice(2);
const definitions = await loadProto(join(import.meta.dirname, 'counter.proto'));

/** How long one use of a channel may take in emulation, in seconds. */
const channelSeconds = 120;
const wanted = JSON.parse(filter) as CellFilter;
// Loading images takes longer than a cell, so engines without cells get none.
await using found = await guestEngines(({ kind }) => wanted.engine?.includes(kind) !== false, sockets);
const { engines } = found;
const cells: MatrixRow[] = [];
const image = { plain: await packProber('plain', []), locking: await packProber('locking', ['IPC_LOCK']) };
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
    handshake,
    protocolVersions: [1],
    args: mlock ? ['mlock'] : [],
    imageCacheDirectory: userImageCache(), // reading an image takes minutes in emulation
  }),
  exercise,
  filter: wanted,
  ownEngine: async (engine, runtime) => (await found.hostOf(engine)).engine(runtime),
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
    writeFileSync(file, `${JSON.stringify({ cells }, undefined, 2)}\n`);
  },
});
writeFileSync(file, `${JSON.stringify({ cells }, undefined, 2)}\n`);

/** The plugin is called, calls back through the broker, and answers. */
async function exercise(plugin: Plugin, { use }: ExerciseContext): Promise<void> {
  const { 'proto.Counter': definition, 'proto.AddHelper': helper } = definitions;
  assert.ok(definition && helper);
  const counter = plugin.client<Counter>(definition);
  const addHelper = service(helper, {
    sum: ({ a, b }: { a: string; b: string }) => ({ r: String(BigInt(a) + BigInt(b)) }),
  });
  await using adder = await plugin.broker.serve([addHelper]);
  await use('callback', ({ signal }) =>
    counter.put({ add_server: adder.id, key: 'answer', value: 42 }, { signal }),
  );
  const { value } = await use('call', ({ signal }) => counter.get({ key: 'answer' }, { signal }));
  assert.equal(value, '42');
}
