/** The plugin of trespasser/: it attacks the folder that it shares with its host. */
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { loadImage, packBinaryPlugin } from '../../src/packing/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { loadProto } from '../../src/index.ts';
import { builtOnce, sourcesOf } from '../plugins/cache.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { runTool } from '../plugins/run-tool.ts';

const { 'proto.KV': definition } = await loadProto('test/plugins/proto/kv.proto');
if (definition === undefined) throw new Error('kv.proto has no proto.KV');
export const trespasserService = definition;

/** Its keys are commands; see trespasser/main.go. */
export interface Trespasser {
  Put(request: { key: string; value: Uint8Array }): Promise<unknown>;
  Get(request: { key: string }): Promise<{ value: Uint8Array }>;
}

/** @returns the path of the static program */
export async function trespasserProgram(): Promise<string> {
  const source = fileURLToPath(new URL('trespasser', import.meta.url));
  const key = `${await sourcesOf([source], ['.go', '.mod', '.sum'])} ${goOnThePath() ?? ''}`;
  const folder = await builtOnce('go-trespasser', key, (bin) =>
    runTool('go', ['build', '-ldflags=-s -w', '-o', join(bin, 'trespasser'), '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
    }),
  );
  return join(folder, 'trespasser');
}

/** Loads its image; `undefined` when the test was skipped for want of Go. */
export async function loadTrespasser(t: TestContext, engine: Engine): Promise<string | undefined> {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return undefined;
  }
  const tag = 'localhost/bulkhead-test/trespasser:1';
  const image = await packBinaryPlugin({ tag, binary: await trespasserProgram(), workingDirectory: '/tmp' });
  await loadImage(engine, image);
  return tag;
}
