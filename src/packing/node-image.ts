import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { InvalidOptionError } from '../errors.ts';
import { checkArchitecture } from './check-architecture.ts';
import { writeImageArchive, type PackedImage, type ImageConfig } from './docker-archive.ts';
import { ImageFileError } from './errors.ts';
import { folderFiles } from './folder-files.ts';
import { hostData, type HostDataOptions } from './host-data.ts';
import type { ImageFile } from './image-files.ts';
import { checkNodeOptions } from './pack-options.ts';
import { npmPackages } from './npm-packages.ts';
import { readElf } from './read-elf.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { nonRootUser, systemFiles } from './system-files.ts';

export interface PackNodePluginOptions extends ImageConfig, HostDataOptions {
  /** Full reference such as `localhost/my-plugin:1.0`. */
  readonly tag: string;
  /**
   * Folder with the plugin's compiled JavaScript, which becomes `/plugin`. Either it or `files` is required. Its own
   * `node_modules` is left out when `packages` names the packages to include.
   */
  readonly directory?: string | undefined;
  /**
   * Further files of the image, or all of them without `directory`. Paths are those in the image, so modules go below
   * `/plugin`.
   */
  readonly files?: readonly ImageFile[] | undefined;
  /** The module to start, relative to `/plugin`. */
  readonly main: string;
  /** npm packages that the plugin imports; their dependencies are included. */
  readonly packages?: readonly string[] | undefined;
  /** Packages that are included if they are installed, and may be missing. */
  readonly optionalPackages?: readonly string[] | undefined;
  /** Folder from which `packages` are resolved. Default: `directory`, or the working directory. */
  readonly packagesFrom?: string | undefined;
  /** Path of the Node.js binary. Default: the Node.js that runs this code. */
  readonly nodeBinary?: string | undefined;
  /**
   * Options of node before the module, such as `--max-old-space-size=64`. Default: none. Options that might be expected
   * to speed up the start (`--single-threaded`, `--v8-pool-size=0`, `--jitless`, `--max-lazy`) were measured under
   * gVisor and do not. Fewer files do: bundled into one file, the same plugin answered after 0.84 s instead of 1.22 s.
   */
  readonly nodeOptions?: readonly string[] | undefined;
  /** Arguments after the module. */
  readonly args?: readonly string[] | undefined;
  /** Default `65532:65532`, which the image's /etc/passwd calls `nonroot`. */
  readonly user?: string | undefined;
  /**
   * Architecture as image configurations name it; default: that of this machine. The Node.js binary must be built for
   * it.
   */
  readonly architecture?: string | undefined;
  readonly createdAt?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

const pluginFolder = '/plugin';
const nodePath = '/usr/local/bin/node';

/**
 * Packs a plugin written for Node.js into an image that holds Node.js, the shared libraries it needs from this machine,
 * the plugin and its npm packages, and nothing else but the certificates and time zone data that were asked for: no
 * shell, no package manager.
 *
 * ```ts
 * const archive = await packNodePlugin({
 *   tag: 'localhost/my-plugin:1.0', directory: 'build', main: 'main.js', packages: ['@grpc/grpc-js'],
 * });
 * await engine.images.load(archive);
 * ```
 *
 * An abort ends it with the signal's reason; nothing is left behind.
 *
 * @throws {InvalidOptionError} `main` is not among the files, or another option is wrong
 * @throws {ElfError} `nodeBinary` is not a program
 * @throws {ArchitectureMismatchError} `nodeBinary` is for another architecture
 * @throws {LibraryNotFoundError} a shared library of Node.js is not on this machine
 * @throws {PackageNotFoundError} an npm package is not installed
 * @throws {ImageFileError} a file or folder can't be read; this machine has no certificates or time zone data that were
 *   asked for
 */
export async function packNodePlugin(options: PackNodePluginOptions): Promise<PackedImage> {
  checkNodeOptions(options);
  const { nodeBinary = process.execPath, nodeOptions = [], args = [], signal } = options;
  if (options.directory === undefined && options.files === undefined) {
    throw new InvalidOptionError('directory', 'pass the folder with the compiled plugin, or files');
  }
  const elf = await readElf(nodeBinary, { signal });
  checkArchitecture(nodeBinary, elf.machine, options.architecture);
  const own = await ownFiles(options);
  const main = posix.join(pluginFolder, options.main);
  if (!own.some((file) => file.path === main && 'content' in file)) {
    throw new InvalidOptionError('main', `${JSON.stringify(options.main)} is not among the plugin's files`);
  }
  // Node.js has CA certificates of its own, and reads further ones from the file that the second variable names.
  const data = await hostData(options, ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']);
  return writeImageArchive({
    tag: options.tag,
    files: [
      ...systemFiles(),
      ...data.files,
      { path: nodePath, content: { file: nodeBinary }, mode: 0o755 },
      ...(await sharedLibraries(nodeBinary, elf, { signal })),
      ...own,
      ...(await packages(options)),
    ],
    entrypoint: [nodePath, ...nodeOptions, main],
    cmd: args,
    user: options.user ?? nonRootUser,
    env: { ...data.env, ...options.env },
    workingDirectory: options.workingDirectory ?? pluginFolder,
    labels: { ...data.labels, ...options.labels },
    architecture: elf.machine,
    createdAt: options.createdAt,
    signal,
  });
}

async function ownFiles(options: PackNodePluginOptions): Promise<ImageFile[]> {
  const { directory, files = [], signal } = options;
  if (directory === undefined) return [...files];
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new ImageFileError(directory, 'is not a folder');
  const include = (path: string): boolean => path !== 'node_modules' || !namesPackages(options);
  return [...(await folderFiles(directory, { target: pluginFolder, include, signal })), ...files];
}

function namesPackages({ packages: named = [], optionalPackages = [] }: PackNodePluginOptions): boolean {
  return named.length + optionalPackages.length > 0;
}

async function packages(options: PackNodePluginOptions): Promise<ImageFile[]> {
  const { packages: names = [], optionalPackages: optional, signal } = options;
  const { packagesFrom = options.directory ?? process.cwd() } = options;
  return npmPackages(names, { from: packagesFrom, target: pluginFolder, optional, signal });
}
