/** Images of the attackers. The programs are the same on every engine; they are built without anything of the code that is attacked but how certificates are made. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import ts from 'typescript';
import {
  loadImage,
  packNodePlugin,
  writeImageArchive,
  type ImageFile,
  type PackedImage,
} from '../../src/packing/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { checkout } from '../plugins/cache.ts';
import { goAttacker, goOnThePath } from '../plugins/go-programs.ts';
import { packedNode } from '../plugins/node-programs.ts';

export type Language = 'go' | 'typescript';

/** What a program that the host should never execute would write, if it did. */
export interface Traps {
  readonly canary: string;
  /** The first two parts of the way to the engines' sockets, which an image leads into the shared folder. */
  readonly engineFolder: string;
}

/** Gives the engine an attacker's image; `undefined` for one in Go where there is no Go. */
export async function loadAttacker(
  engine: Engine,
  language: Language,
  traps: Traps,
): Promise<string | undefined> {
  if (language === 'go' && goOnThePath() === undefined) return undefined;
  const key = JSON.stringify([language, traps]);
  const image = packed.get(key) ?? (language === 'go' ? goImage(traps) : nodeImage(traps));
  packed.set(key, image);
  await loadImage(engine, await image);
  return (await image).tag;
}

const packed = new Map<string, Promise<PackedImage>>();

/** Programs with the names of runtimes and engines, and a link that makes a path of the host's one of the shared folder. */
function trapFiles({ canary, engineFolder }: Traps): ImageFile[] {
  const content = `#!/bin/sh\necho attacked > ${canary}\necho runsc version 1\n`;
  const folders = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/bin', '/sbin'];
  const names = ['runsc', 'runc', 'crun', 'podman', 'dockerd', 'setfacl'];
  return [
    ...folders.flatMap((folder) =>
      names.map((name) => ({ path: `${folder}/${name}`, content, mode: 0o755 })),
    ),
    { path: engineFolder, symlink: '/run/bulkhead' },
  ];
}

async function goImage(traps: Traps): Promise<PackedImage> {
  const binary = await goAttacker();
  const content = { file: binary };
  // Engines are known by the name of their program, so the attacker's has theirs too.
  const programs = ['/plugin', '/opt/dockerd', '/opt/podman'];
  return writeImageArchive({
    tag: 'localhost/bulkhead-test/attacker-go:1',
    files: [
      ...programs.map((path) => ({ path, content, mode: 0o755 })),
      { path: '/tmp', directory: true, mode: 0o1777 },
      ...trapFiles(traps),
    ],
    entrypoint: ['/plugin'],
    workingDirectory: '/tmp',
  });
}

async function nodeImage(traps: Traps): Promise<PackedImage> {
  const own = join(checkout, 'test/security/attacker');
  const library = join(checkout, 'src/goplugin/tls');
  const sources = [
    ...(await readdir(own)).filter((name) => name.endsWith('.ts')).map((name) => join(own, name)),
    ...['identity.ts', 'der.ts'].map((name) => join(library, name)),
  ];
  const files = await Promise.all(
    sources.map(async (path) => ({
      path: `/plugin/${relative(checkout, path).replace(/\.ts$/, '.js')}`,
      content: compiled(await readFile(path, 'utf8')),
    })),
  );
  return packNodePlugin({
    tag: 'localhost/bulkhead-test/attacker-typescript:1',
    nodeBinary: packedNode(),
    files: [...files, { path: '/plugin/package.json', content: '{ "type": "module" }' }, ...trapFiles(traps)],
    main: 'test/security/attacker/main.js',
    user: '0:0',
  });
}

function compiled(source: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
