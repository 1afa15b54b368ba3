/** Puts into FOLDER what launches cells in a guest: the plugin in Go, its protocol, and the compiled scripts. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import typescript from 'typescript';
import { goProber } from '../../test/plugins/go-programs.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: pack-plugin.ts FOLDER');
await mkdir(folder, { recursive: true });
await copyFile(await goProber(), join(folder, 'prober'));
await copyFile('test/plugins/proto/counter.proto', join(folder, 'counter.proto'));
const scripts = 'scripts/guests.d/in-guest';
for (const name of (await readdir(scripts)).filter((each) => each.endsWith('.ts'))) {
  const { outputText } = typescript.transpileModule(await readFile(join(scripts, name), 'utf8'), {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  await writeFile(join(folder, name.replace(/ts$/, 'js')), outputText);
}
await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
