/** Version and help are answered without what other command lines load, in every spelling, also where nobody can read them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { overviewText } from '../../src/cli/overview-text.ts';
import { versionLine } from '../../src/cli/package-version.ts';
import { programArgs } from '../plugins/program-args.ts';

const main = programArgs('src/cli/main.ts');

/** Runs a command line. @returns its output, and the modules of this package that were loaded */
function run(words: readonly string[]): { readonly stdout: string; readonly modules: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'modules-'));
  try {
    const { stdout, status } = spawnSync(process.execPath, [...main, ...words], {
      encoding: 'utf8',
      // Node.js writes down which modules it has run.
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', NODE_V8_COVERAGE: folder },
    });
    assert.equal(status, 0);
    const modules = new Set<string>();
    for (const file of readdirSync(folder)) {
      const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        result: { url: string }[];
      };
      for (const { url } of result) {
        const name = /\/src\/(.*)\.[jt]s/.exec(url)?.[1];
        if (name !== undefined && !url.includes('node_modules')) modules.add(name);
      }
    }
    return { stdout, modules: [...modules].sort() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('version and help load four modules at most, and print what the commands print', () => {
  const loaded = ['cli/main', 'cli/package-version', 'cli/short-answers'];
  for (const word of ['version', '-v']) {
    assert.deepEqual(run([word]), { stdout: `${versionLine()}\n`, modules: loaded });
  }
  for (const word of ['help', '--help']) {
    const modules = ['cli/main', 'cli/overview-text', 'cli/package-version', 'cli/short-answers'];
    assert.deepEqual(run([word]), { stdout: `${overviewText}\n`, modules });
  }
  const { stdout, modules } = run(['version', '-format=json']);
  assert.equal((JSON.parse(stdout) as { node: string }).node, process.versions.node);
  assert.ok(modules.includes('cli/command-line'), 'flags are for the command');
});

it('says that the version could not be written', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [...main, 'version'], {
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  assert.equal(status, 3);
  assert.match(stderr, /FILE_UNUSABLE|ENOSPC/);
});
