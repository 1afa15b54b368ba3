/** What a verdict takes: of an image of 100 MB read for the first time, and read before; and a matrix from facts alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dryMatrix,
  engineInfoCache,
  gatherEngineFacts,
  gatherFacts,
  gatherHostFacts,
  judge,
  type EngineFacts,
} from '../../src/compatibility/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { loadFixture } from '../plugins/images.ts';
import { median } from './table.ts';

const rounds = 5;

export async function benchCompatibility(): Promise<void> {
  const engines = loadEngines();
  if (engines.length === 0) {
    console.log(`compatibility: ${noEngines}`);
    return;
  }
  const cache = await mkdtemp(join(tmpdir(), 'bulkhead-bench-'));
  const seen: EngineFacts[] = [];
  try {
    console.log(`check of an image of 100 MB (ms; median of ${rounds}; every check connects anew)\n`);
    console.log('| engine | first time | known to the folder | known to the process |');
    console.log('| --- | --- | --- | --- |');
    for (const { suite, name, services, shareDirectory } of engines) {
      const [service] = services;
      if (service === undefined) continue;
      const { socket, runtime } = service;
      await using engine = await connectEngine({ socketPath: socket });
      const image = await loadFixture(engine, 'node-kv');
      if (image.skipped !== undefined) continue;
      const check = async (cacheDirectory?: string) => {
        await using connection = await connectEngine({
          socketPath: socket,
          infoCache: cacheDirectory === undefined ? undefined : engineInfoCache(cacheDirectory),
        });
        const facts = await gatherFacts(connection, image.tag, {
          cacheDirectory,
          socketDirectory: shareDirectory,
        });
        judge(facts, { runtime });
      };
      await check(cache);
      const columns = [
        await measure(() => check()),
        await measure(() => check(cache)),
        await measure(async () => {
          judge(await gatherFacts(engine, image.tag, { socketDirectory: shareDirectory }), { runtime });
        }),
      ];
      console.log(`| ${suite} ${name} | ${columns.map((value) => value.toFixed(0)).join(' | ')} |`);
      seen.push(await gatherEngineFacts(engine, { socketDirectory: shareDirectory }));
    }
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
  const host = await gatherHostFacts();
  let cells = 0;
  const dry = await measure(() => {
    cells = dryMatrix({ host, engines: seen }).cells.length;
    return Promise.resolve();
  });
  console.log(`\nmatrix from facts: ${cells} cells in ${dry.toFixed(1)} ms`);
}

async function measure(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return median(times);
}
