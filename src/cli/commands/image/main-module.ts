import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Manifest } from './npm-project.ts';

/**
 * Returns the module to start: the one that was given, or what the package.json names, as Node.js resolves it, or the
 * usual name; relative to the folder. `undefined` where there is none.
 */
export async function mainModule(
  directory: string,
  manifest: Manifest,
  given: string | undefined,
): Promise<string | undefined> {
  const named = given ?? manifest.main ?? onlyProgram(manifest) ?? exported(manifest.exports);
  if (named === undefined) return firstFile(directory, ['index.js', 'index.mjs', 'index.cjs']);
  const main = posix.normalize(named);
  // Node.js starts `lib/main` too, where that is `lib/main.js` or a folder with an `index.js`.
  const found = await firstFile(directory, [main, `${main}.js`, posix.join(main, 'index.js')]);
  return found ?? main;
}

/** Returns the program of a package that has one program and nothing to import. */
function onlyProgram({ bin }: Manifest): string | undefined {
  if (bin === undefined || typeof bin === 'string') return bin;
  const programs = [...new Set(Object.values(bin))];
  return programs.length === 1 ? programs[0] : undefined;
}

/** Returns what `import` of the package gets, as far as package.json says it without patterns. */
function exported(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (Array.isArray(exports)) return exports.map(exported).find((one) => one !== undefined);
  if (typeof exports !== 'object' || exports === null) return undefined;
  const conditions = exports as Readonly<Record<string, unknown>>;
  if ('.' in conditions) return exported(conditions['.']);
  for (const condition of ['node', 'import', 'default', 'require']) {
    const found = exported(conditions[condition]);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function firstFile(directory: string, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await stat(join(directory, path)).catch(() => undefined);
    if (found?.isFile() === true) return path;
  }
  return undefined;
}
