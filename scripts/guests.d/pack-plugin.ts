/** Puts into FOLDER what launches cells in a guest: the plugin in Go, its protocol, and the compiled script. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import typescript from 'typescript';
import { goProber } from '../../test/plugins/go-programs.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: pack-plugin.ts FOLDER');
await mkdir(folder, { recursive: true });
await copyFile(await goProber(), join(folder, 'prober'));
await copyFile('test/plugins/proto/counter.proto', join(folder, 'counter.proto'));
const { outputText } = typescript.transpileModule(
  await readFile('scripts/guests.d/in-guest/live-cells.ts', 'utf8'),
  {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  },
);
await writeFile(join(folder, 'live-cells.js'), outputText);
await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
