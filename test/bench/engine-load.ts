/** Memory of this process while an image of 200 MiB is loaded from a file. */
import { randomFillSync } from 'node:crypto';
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '../../src/engine/index.ts';
import { loadImage, writeImageArchive } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { printTable } from './table.ts';

const mebibyte = 2 ** 20;
const sizeMib = 200;

export async function benchLoad(): Promise<void> {
  const [testEngine] = loadEngines();
  const socketPath = testEngine?.services[0]?.socket;
  if (testEngine === undefined || socketPath === undefined) {
    console.log(`load: ${noEngines}`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const tag = 'localhost/bulkhead-bench/load:1';
  try {
    const file = join(folder, 'content');
    const handle = await open(file, 'w');
    for (let written = 0; written < sizeMib; written += 1)
      await handle.write(randomFillSync(Buffer.alloc(mebibyte)));
    await handle.close();
    const image = await writeImageArchive({
      tag,
      files: [{ path: '/content', content: { file } }],
      entrypoint: ['/content'],
    });
    await using engine = await connectEngine({ socketPath });
    await engine.images.list();
    global.gc?.();
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampling = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 5);
    const begin = performance.now();
    await loadImage(engine, image);
    const seconds = (performance.now() - begin) / 1000;
    clearInterval(sampling);
    printTable(
      `loading an image of ${sizeMib} MiB into ${testEngine.name} (${seconds.toFixed(1)} s)`,
      'MiB',
      [
        { name: 'image', value: sizeMib },
        { name: 'peak growth of memory', value: (peak - before) / mebibyte },
      ],
    );
    await engine.images.remove(tag);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
