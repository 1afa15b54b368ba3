/** A copy of the checkout in which files are changed and tests run, so that the checkout itself stays as it is. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Copy extends AsyncDisposable {
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Whether the tests pass, without any engine. A run that takes too long does not. */
  passes(tests: readonly string[]): boolean;
}

const longestMs = 60_000;

export async function copyOfCheckout(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'api-specs', 'README.md'])
    await cp(name, join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'dist']) await symlink(join(process.cwd(), name), join(folder, name));
  return {
    read: (path) => readFile(join(folder, path), 'utf8'),
    write: (path, text) => writeFile(join(folder, path), text),
    passes(tests) {
      const there = tests.filter((test) => existsSync(join(folder, test)));
      const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--test', ...there], {
        cwd: folder,
        timeout: longestMs,
        stdio: 'ignore',
        // No engine is found there.
        env: { ...process.env, BULKHEAD_ENGINES_RUN: join(folder, 'none'), NODE_TEST_CONTEXT: undefined },
      });
      return status === 0;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
