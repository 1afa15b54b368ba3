/** A compiled copy of the checkout in which files are changed and tests run, so that the checkout itself stays as it is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

export interface Copy extends AsyncDisposable {
  /** The source of a module. */
  read(path: string): Promise<string>;
  /** Replaces a module by another source. */
  write(path: string, text: string): Promise<void>;
  /** Whether the tests pass, without any engine. A run that takes too long does not. */
  passes(tests: readonly string[], options?: { readonly shown?: boolean }): boolean;
}

const longestMs = 60_000;
const copied = ['src', 'test', 'package.json', 'tsconfig.json', 'api-specs', 'README.md', 'examples'];

export async function copyOfCheckout(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  for (const name of copied) await cp(name, join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'dist']) await symlink(join(process.cwd(), name), join(folder, name));
  const emit = [
    '--noCheck',
    '--noEmit',
    'false',
    '--incremental',
    'false',
    '--rootDir',
    '.',
    '--outDir',
    folder,
  ];
  execFileSync('node_modules/.bin/tsc', emit, { stdio: 'inherit' });
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  // A single file does not show of which kind its package is.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  return {
    read: (path) => readFile(join(folder, path), 'utf8'),
    write(path, text) {
      const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: path });
      return writeFile(join(folder, path.replace(/\.ts$/, '.js')), outputText);
    },
    passes(tests, { shown = false } = {}) {
      // One after the other, the nearest first: most mutants are noticed by the first file.
      return tests.every((test) => {
        const { status } = spawnSync(process.execPath, [test.replace(/\.ts$/, '.js')], {
          cwd: folder,
          timeout: longestMs,
          killSignal: 'SIGKILL',
          stdio: shown ? 'inherit' : 'ignore',
          // No engine is found there.
          env: { ...process.env, BULKHEAD_ENGINES_RUN: join(folder, 'none'), NODE_TEST_CONTEXT: undefined },
        });
        return status === 0;
      });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
