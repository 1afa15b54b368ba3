/** A compiled copy of the checkout in which files are changed and tests run, so that the checkout itself stays as it is. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { compileInto } from '../compiled-copy.ts';

export interface Copy extends AsyncDisposable {
  /** The source of a module. */
  read(path: string): Promise<string>;
  /** Replaces a module by another source. */
  write(path: string, text: string): Promise<void>;
  /**
   * Whether the tests pass, without any engine. They run in one process, in the order given, which ends at the first test
   * that fails. A run that takes longer than `limitMs` does not pass.
   */
  passes(
    tests: readonly string[],
    options?: { readonly limitMs?: number; readonly shown?: boolean },
  ): boolean;
}

export const longestMs = 60_000;

export async function copyOfCheckout(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  // What tests leave behind when they are ended goes with the copy. The path is short because sockets are made below it.
  const temporary = join(folder, 't');
  await mkdir(temporary);
  await compileInto(folder);
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  // A single file does not show of which kind its package is.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  const entry = join(folder, 'mutants-entry.js');
  return {
    read: (path) => readFile(join(folder, path), 'utf8'),
    write(path, text) {
      const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: path });
      return writeFile(join(folder, path.replace(/\.ts$/, '.js')), outputText);
    },
    passes(tests, { limitMs = longestMs, shown = false } = {}) {
      writeFileSync(entry, tests.map((test) => `import './${test.replace(/\.ts$/, '.js')}';\n`).join(''));
      const { status } = spawnSync(process.execPath, ['--test-reporter=./test/mutants/bail.js', entry], {
        cwd: folder,
        timeout: limitMs,
        killSignal: 'SIGKILL',
        stdio: shown ? 'inherit' : 'ignore',
        env: {
          ...process.env,
          TMPDIR: temporary,
          // No engine is found there.
          BULKHEAD_ENGINES_RUN: join(folder, 'none'),
          NODE_TEST_CONTEXT: undefined,
        },
      });
      return status === 0;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
