import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { z } from 'zod';
import { ImageFileError, PackageNotFoundError } from './errors.ts';
import { folderFiles } from './folder-files.ts';
import type { ImageFile } from './image-files.ts';

export interface NpmPackagesOptions {
  /** Folder from which the packages are resolved: its `node_modules`, then those of the folders above it. */
  readonly from: string;
  /** Folder of the image that `node_modules` is put into. */
  readonly target: string;
  /** Packages that are included if they are installed. */
  readonly optional?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The named npm packages and all their dependencies as files of an image, without what no program reads at run time:
 * TypeScript, source maps, documentation and tests. Licences are kept.
 *
 * Where two versions of a package are needed, each is put where its dependents find it.
 *
 * @throws {PackageNotFoundError} a required package is not installed; optional and peer packages may be absent
 * @throws {ImageFileError} a package.json can't be read
 */
export async function npmPackages(
  names: readonly string[],
  options: NpmPackagesOptions,
): Promise<ImageFile[]> {
  const placed = await placePackages(names, options);
  const files: ImageFile[] = [];
  for (const [target, source] of placed) {
    options.signal?.throwIfAborted();
    files.push(...(await folderFiles(source, { target, include: isReadAtRunTime, signal: options.signal })));
  }
  return files;
}

/** A folder of the image whose packages are still to be placed: first the plugin's, then each package's. */
interface Dependent {
  readonly source: string;
  readonly target: string;
  readonly needs: readonly string[];
  readonly mayHave: readonly string[];
}

/**
 * Maps each folder of the image to its source folder. Packages are placed breadth first: everything that a package
 * needs is placed before anything deeper, so that nothing placed later can hide it.
 */
async function placePackages(
  names: readonly string[],
  options: NpmPackagesOptions,
): Promise<Map<string, string>> {
  const placed = new Map<string, string>();
  const dependents: Dependent[] = [
    { source: options.from, target: options.target, needs: names, mayHave: options.optional ?? [] },
  ];
  for (const dependent of dependents) {
    options.signal?.throwIfAborted();
    for (const name of new Set([...dependent.needs, ...dependent.mayHave])) {
      const source = await installedFolder(name, dependent.source);
      if (source === undefined) {
        if (dependent.needs.includes(name)) throw new PackageNotFoundError(name, dependent.source);
        continue;
      }
      const target = placeFor(name, source, dependent.target, options.target, placed);
      if (target === undefined) continue;
      placed.set(target, source);
      dependents.push({ source, target, ...(await dependenciesOf(source)) });
    }
  }
  return placed;
}

/**
 * The folder where `name` must be placed so that a module in `dependent` finds it; `undefined` if it is found already.
 */
function placeFor(
  name: string,
  source: string,
  dependent: string,
  root: string,
  placed: ReadonlyMap<string, string>,
): string | undefined {
  for (let folder = dependent; ; folder = posix.dirname(folder)) {
    const present = placed.get(posix.join(folder, 'node_modules', name));
    if (present === source) return undefined;
    if (present !== undefined) return posix.join(dependent, 'node_modules', name);
    if (folder === root) return posix.join(root, 'node_modules', name);
  }
}

/**
 * Searches as Node.js does: `node_modules` of the folder and of each above it. Returns the real path, as linked stores
 * require.
 */
async function installedFolder(name: string, from: string): Promise<string | undefined> {
  for (let folder = await realpath(from).catch(() => from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    const found = await realpath(join(candidate, 'package.json')).catch(() => undefined);
    if (found !== undefined) return dirname(found);
    if (folder === dirname(folder)) return undefined;
  }
}

const names = z.record(z.string(), z.unknown()).optional();
const manifest = z.looseObject({ dependencies: names, optionalDependencies: names, peerDependencies: names });

async function dependenciesOf(folder: string): Promise<{ needs: string[]; mayHave: string[] }> {
  const file = join(folder, 'package.json');
  try {
    const { dependencies, optionalDependencies, peerDependencies } = manifest.parse(
      JSON.parse(await readFile(file, 'utf8')),
    );
    // npm lists optional packages among the dependencies too.
    const mayHave = Object.keys({ ...optionalDependencies, ...peerDependencies });
    const needs = Object.keys(dependencies ?? {}).filter((name) => !(name in (optionalDependencies ?? {})));
    return { needs, mayHave };
  } catch (cause) {
    throw new ImageFileError(file, 'is not a package.json that can be read', { cause });
  }
}

const foldersOfAuthors = new Set([
  '__tests__',
  'benchmark',
  'benchmarks',
  'coverage',
  'doc',
  'docs',
  'example',
  'examples',
  'man',
  'test',
  'tests',
]);

const filesOfAuthors = /(?:\.(?:map|md|markdown|ts|mts|cts|tsx|flow|tsbuildinfo))$|(?:^|\/)\.[^/]*$/;

/** Folders are left out at the top of a package only: further down, `test` may well be a part of the program. */
function isReadAtRunTime(path: string, kind: 'file' | 'folder'): boolean {
  if (kind === 'folder')
    return path !== 'node_modules' && !foldersOfAuthors.has(path) && !path.startsWith('.');
  return !filesOfAuthors.test(path) || /(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i.test(path);
}
