/** Puts into FOLDER what launches cells in a guest: the plugin in Go, its protocol, and the compiled scripts. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goProber } from '../../test/plugins/go-programs.ts';
import { transpile } from './transpile.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: pack-plugin.ts FOLDER');
await mkdir(folder, { recursive: true });
await copyFile(await goProber(), join(folder, 'prober'));
await copyFile('test/plugins/proto/counter.proto', join(folder, 'counter.proto'));
const scripts = 'scripts/guests.d/in-guest';
for (const name of (await readdir(scripts)).filter((each) => each.endsWith('.ts')))
  await writeFile(
    join(folder, name.replace(/ts$/, 'js')),
    transpile(await readFile(join(scripts, name), 'utf8')),
  );
await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
