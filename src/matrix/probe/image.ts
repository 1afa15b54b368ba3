import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressSpaceLabel } from '../../compatibility/index.ts';
import {
  ImageFileError,
  folderFiles,
  writeImageArchive,
  type PackedImage,
  type ImageFile,
  readElf,
  sharedLibraries,
  nonRootUser,
  systemFiles,
} from '../../packing/index.ts';
import { lockedBytes, lockingProgram } from './locking-program.ts';

export interface PackProbeOptions {
  readonly tag: string;
  /** Whether it locks its memory before it serves, with the file capability IPC_LOCK. */
  readonly locking: boolean;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const target = '/probe';
const nodePath = '/usr/local/bin/node';
const lockingPath = '/usr/local/bin/locking';

/**
 * Packs the probe, which is this package's own compiled code, with the Node.js that runs it.
 *
 * @throws the errors of `packNodePlugin`; InvalidOptionError for one that locks, on an architecture it is not written for
 */
export async function packProbe({ tag, locking, labels, signal }: PackProbeOptions): Promise<PackedImage> {
  const node = process.execPath;
  const elf = await readElf(node, { signal });
  const start = [nodePath, posix.join(target, 'matrix/probe/plugin.js')];
  return writeImageArchive({
    tag,
    files: [
      ...systemFiles(),
      { path: nodePath, content: { file: node }, mode: 0o755 },
      ...(await sharedLibraries(node, elf, { signal })),
      ...(locking
        ? [
            {
              path: lockingPath,
              content: lockingProgram(elf.machine),
              mode: 0o755,
              fileCapabilities: ['IPC_LOCK'],
            },
          ]
        : []),
      ...(await ownCode(signal)),
    ],
    entrypoint: locking ? [lockingPath, ...start] : start,
    user: nonRootUser,
    workingDirectory: target,
    labels: { ...labels, ...(locking && { [addressSpaceLabel]: String(lockedBytes) }) },
    architecture: elf.machine,
    signal,
  });
}

async function ownCode(signal: AbortSignal | undefined): Promise<ImageFile[]> {
  const folder = compiledFolder();
  const code = await folderFiles(folder, { target, include: isOfTheProbe, signal });
  return [...code, { path: `${target}/package.json`, content: '{ "type": "module" }\n' }];
}

function isOfTheProbe(path: string, kind: 'file' | 'folder'): boolean {
  if (kind === 'folder') return /^(?:goplugin|linux|settings|waiting|matrix$|matrix\/probe)/.test(path);
  return path.endsWith('.js') && !/^matrix\/[^/]+$/.test(path);
}

/** The package's `dist`, even when this module runs from its source. @throws {ImageFileError} when it is missing */
function compiledFolder(): string {
  const own = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const folder = import.meta.url.endsWith('.ts') ? join(dirname(own), 'dist') : own;
  if (existsSync(join(folder, 'matrix/probe/plugin.js'))) return folder;
  throw new ImageFileError(folder, 'does not hold the compiled probe: run `npm run build` first');
}
