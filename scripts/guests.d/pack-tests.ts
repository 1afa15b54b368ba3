/**
 * Puts into FOLDER the tests that a guest runs on its own engines, compiled, with the modules that they import. What they import
 * from `src` is the package that the guest has.
 */
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import typescript from 'typescript';
import { transpile } from './transpile.ts';

/** Those whose subject is an engine, as far as they end in minutes where everything takes thirty times as long. */
const tests = ['containers', 'system', 'operation-table'].map((name) => `test/engine/${name}.test.ts`);

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: pack-tests.ts FOLDER');
const packed = new Set<string>();
for (const path of tests) await pack(path);
await symlink('../../bulkhead/dist', join(folder, 'src'));
await symlink('../../bulkhead/node_modules', join(folder, 'node_modules'));
await copyFile('test/runner/longer-limits.js', join(folder, 'longer-limits.js'));
await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');

async function pack(path: string): Promise<void> {
  if (packed.has(path) || path.startsWith('src/')) return;
  packed.add(path);
  const text = await readFile(path, 'utf8');
  const into = join(folder ?? '', path.replace(/\.ts$/, '.js'));
  await mkdir(dirname(into), { recursive: true });
  await writeFile(into, transpile(text));
  for (const { fileName } of typescript.preProcessFile(text).importedFiles)
    if (fileName.startsWith('.')) await pack(normalize(join(dirname(path), fileName)));
}
