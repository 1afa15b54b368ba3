/** A compiled copy of the checkout in which files are changed and tests run, so that the checkout itself stays as it is. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { compileInto } from '../compiled-copy.ts';
import { FastRuns, type RunEnd } from './fast-runs.ts';

export interface Copy extends AsyncDisposable {
  /** The source of a module. */
  read(path: string): Promise<string>;
  /** Replaces a module by another source. */
  write(path: string, text: string): Promise<void>;
  /**
   * Whether the tests pass, without any engine. They run in a process of their own, in the order given, which ends at the
   * first test that fails. A run that takes longer than `limitMs` does not pass.
   */
  passes(
    tests: readonly string[],
    options?: { readonly limitMs?: number; readonly shown?: boolean },
  ): boolean;
  /**
   * Whether the tests pass when a module has another source, as in `passes`, but in a process that is kept from one run to
   * the next, in which only what imports the module is evaluated anew.
   */
  passesFast(
    tests: readonly string[],
    changed: { readonly path: string; readonly text: string } | undefined,
    limitMs: number,
  ): Promise<RunEnd>;
  /** The next fast run is in a new process. */
  forget(): void;
}

const longestMs = 60_000;

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
  const compiled = (path: string, text: string): string =>
    ts.transpileModule(text, { compilerOptions, fileName: path }).outputText;
  const env = {
    ...process.env,
    TMPDIR: temporary,
    // No engine is found there.
    BULKHEAD_ENGINES_RUN: join(folder, 'none'),
    NODE_TEST_CONTEXT: undefined,
  };
  const fast = new FastRuns(folder, env);
  return {
    read: (path) => readFile(join(folder, path), 'utf8'),
    write: (path, text) => writeFile(join(folder, compiledPath(path)), compiled(path, text)),
    passes(tests, { limitMs = longestMs, shown = false } = {}) {
      writeFileSync(entry, tests.map((test) => `import './${compiledPath(test)}';\n`).join(''));
      const { status } = spawnSync(process.execPath, ['--test-reporter=./test/mutants/bail.js', entry], {
        cwd: folder,
        timeout: limitMs,
        killSignal: 'SIGKILL',
        stdio: shown ? 'inherit' : 'ignore',
        env,
      });
      return status === 0;
    },
    passesFast(tests, changed, limitMs) {
      const code = changed && {
        path: compiledPath(changed.path),
        code: compiled(changed.path, changed.text),
      };
      return fast.run({ tests: tests.map(compiledPath), changed: code }, limitMs);
    },
    forget: () => {
      fast[Symbol.dispose]();
    },
    async [Symbol.asyncDispose]() {
      fast[Symbol.dispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function compiledPath(path: string): string {
  return path.replace(/\.ts$/, '.js');
}
