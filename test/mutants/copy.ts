/** A compiled copy of the checkout in which files are changed and tests run, so that the checkout itself stays as it is. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { compileInto } from '../compiled-copy.ts';

export interface Copy extends AsyncDisposable {
  /** The source of a module. */
  read(path: string): Promise<string>;
  /** Replaces a module by another source. */
  write(path: string, text: string): Promise<void>;
  /** Whether the tests pass, without any engine. A run that takes too long does not. */
  passes(tests: readonly string[], options?: { readonly shown?: boolean }): boolean;
}

const longestMs = 60_000;
export async function copyOfCheckout(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  await compileInto(folder);
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
