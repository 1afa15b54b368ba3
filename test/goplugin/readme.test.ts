/** What the README of this room shows compiles and does what it says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { runGoHost } from './fixtures/go-host.ts';
import { typescriptArgs } from './fixtures/start.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Runs `use` in a folder with the programs of the README, compiled, and what they read. */
async function withPrograms(signal: AbortSignal, use: (folder: string) => Promise<void>): Promise<void> {
  const readme = await readFile(join(here, '../../src/goplugin/README.md'), 'utf8');
  const folder = await mkdtemp(join(here, 'readme-'));
  try {
    for (const [, name = '', program = ''] of readme.matchAll(/```ts program=(\w+)\n([\s\S]*?)```/g)) {
      await writeFile(
        join(folder, `${name}.mts`),
        program.replace("'bulkhead/goplugin'", "'../../../src/goplugin/index.ts'"),
      );
    }
    await copyFile(join(here, '../plugins/proto/kv.proto'), join(folder, 'kv.proto'));
    const config = { extends: '../../../tsconfig.json', include: ['*.mts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run('npx', ['tsc', '-p', folder], { signal });
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const program = [process.execPath, ...typescriptArgs];

test('the plugin and the host of the README understand each other', { timeout: 120_000 }, async (t) => {
  await withPrograms(t.signal, async (folder) => {
    const { stdout } = await run(
      process.execPath,
      [...typescriptArgs, 'host.mts', ...program, 'plugin.mts'],
      { cwd: folder, signal: t.signal },
    );
    // Prints and replies travel in streams of their own, in no common order.
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(lines.sort(), ['colour is blue', 'put colour', '{ code: 0 }']);
  });
});

test('the plugin of the README runs under a host in Go', { timeout: 120_000 }, async (t) => {
  if (goOnThePath() === undefined) {
    t.skip(noGo);
    return;
  }
  await withPrograms(t.signal, async (folder) => {
    // It reads its .proto file from where it is started.
    const command = ['env', `--chdir=${folder}`, ...program, 'plugin.mts'];
    const seen = await runGoHost(['-mtls', '-steps', 'ping,kv'], command, { env: {}, signal: t.signal });
    assert.equal(seen.startError, '');
    assert.deepEqual(seen.results, { ping: 'ok', kv: 'blue' });
    assert.equal(seen.stdout, 'put colour\n');
  });
});
