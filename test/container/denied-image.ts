/** Images with ordinary programs that do what containers deny, and without /tmp and /etc/passwd. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Engine } from '../../src/engine/index.ts';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import type { PluginContainerOptions } from '../../src/container/options.ts';
import { planLaunch } from '../../src/container/launch-plan.ts';
import type { Diagnosis, PluginExit } from '../../src/goplugin/index.ts';
import { loadImage, packNodePlugin, writeImageArchive } from '../../src/packing/index.ts';
import { checkout } from '../plugins/cache.ts';
import { goDenied, goOnThePath } from '../plugins/go-programs.ts';
import { packedNode } from '../plugins/node-programs.ts';
import { join } from 'node:path';

const busybox = '/bin/busybox';
export const deniedImage = 'localhost/bulkhead-test/denied:1';
export const nodeDeniedImage = 'localhost/bulkhead-test/node-denied:1';

/** Which of the programs there are on this machine. */
export const programs = { busybox: existsSync(busybox), go: goOnThePath() !== undefined };

export async function loadDeniedImages(engine: Engine): Promise<void> {
  const files = [
    ...(programs.busybox ? [{ path: '/bin/busybox', content: { file: busybox }, mode: 0o755 }] : []),
    ...(programs.go ? [{ path: '/denied', content: { file: await goDenied() }, mode: 0o755 }] : []),
    { path: '/data/kept', content: Buffer.from('kept\n'), mode: 0o644 },
  ];
  await loadImage(engine, await writeImageArchive({ tag: deniedImage, files, entrypoint: ['/bin/busybox'] }));
  const node = await packNodePlugin({
    tag: nodeDeniedImage,
    nodeBinary: packedNode(),
    files: [
      {
        path: '/plugin/main.cjs',
        content: { file: join(checkout, 'test/plugins/node-denied.cjs') },
        mode: 0o644,
      },
    ],
    main: 'main.cjs',
  });
  await loadImage(engine, node);
}

export interface Ended {
  readonly exit: PluginExit;
  readonly stderr: string;
  readonly diagnosis: Diagnosis;
}

/** Runs a program in place of a plugin, as a plugin is run, to its end. */
export async function runDenied(engine: Engine, options: PluginContainerOptions): Promise<Ended> {
  const all = { override: 'refused' as const, ...options }; // it is no plugin
  const plan = await planLaunch(engine, all);
  const parts = { engine, ...plan, options: all, labels: {}, environment: {} };
  await using runner = await createContainerRunner(parts);
  await runner.start();
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of runner.stderr) chunks.push(chunk);
  })();
  for await (const chunk of runner.stdout) assert.ok(chunk.length >= 0);
  await reading;
  const exit = await runner.wait();
  return { exit, stderr: Buffer.concat(chunks).toString(), diagnosis: await runner.diagnose() };
}
