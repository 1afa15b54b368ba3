/** Copies of the checkout in which every module is compiled, so that programs run there without a loader for TypeScript. */
import { execFileSync } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { builtOnce, checkout, sourcesOf } from './plugins/cache.ts';

const copied = [
  'src',
  'test',
  'scripts',
  'package.json',
  'tsconfig.json',
  'api-specs',
  'README.md',
  'examples',
];

/** Fills the folder with such a copy. */
export async function compileInto(folder: string): Promise<void> {
  for (const name of copied) await cp(join(checkout, name), join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'dist']) await symlink(join(checkout, name), join(folder, name));
  // Types are checked by `npm run check`.
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
  execFileSync('node_modules/.bin/tsc', emit, { cwd: checkout, stdio: 'inherit' });
}

/** Returns the folder of a copy of the checkout as it is now, which is kept for the next time. */
export async function compiledCopy(): Promise<string> {
  const sources = await sourcesOf(
    ['src', 'test', 'scripts'].map((name) => join(checkout, name)),
    ['.ts', '.js', '.json', '.proto', '.go', '.mod', '.sh'],
  );
  return builtOnce('compiled', sources, compileInto);
}
