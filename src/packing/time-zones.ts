import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import type { HostPlaces } from './certificates.ts';
import { variableOf } from '../linux/standard-folders.ts';
import { ImageFileError } from './errors.ts';
import type { ImageFile } from './image-files.ts';

/** Where distributions keep time zone data, in the order of Go's `time` package. */
const usualFolders = [
  '/usr/share/zoneinfo',
  '/usr/share/lib/zoneinfo',
  '/usr/lib/locale/TZ',
  '/etc/zoneinfo',
];

/** Where the data are in the image: every C library, Go and others look there. */
const folderInImage = '/usr/share/zoneinfo';

/** Time zone data of this machine, as files of an image. */
export interface TimeZones {
  /** The folder that they come from, as it was named or found. */
  readonly source: string;
  readonly files: readonly ImageFile[];
  /** Number of zones, those that are other names for one among them. */
  readonly count: number;
  /** Of the names and contents, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Reads the time zone data of this machine: from `folder`, or the folder that ZONEINFO names, or the first of the usual
 * places. The same zones with leap seconds, and the zone of the machine itself, are left out.
 *
 * @throws {ImageFileError} there are none, or they can't be read
 */
export async function timeZones(
  folder: string | undefined,
  { environment = process.env, root = '/' }: HostPlaces = {},
): Promise<TimeZones> {
  const named = folder ?? variableOf(environment, 'ZONEINFO');
  const source = named ?? (await firstFolder(root));
  const path = named ?? join(root, source);
  const files: ImageFile[] = [];
  await walk(path, '', files);
  if (!files.some(isZone))
    throw new ImageFileError(path, 'has no time zone data (TZif)', { hint: giveFolder });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { source, files, count: files.filter(isZone).length, sha256: digestOf(files) };
}

const giveFolder = 'Install the package tzdata, or name a folder with time zone data (`withTimeZones`).';

async function firstFolder(root: string): Promise<string> {
  for (const path of usualFolders) {
    const found = await stat(join(root, path)).catch(() => undefined);
    if (found?.isDirectory() === true) return path;
  }
  throw new ImageFileError(
    join(root, folderInImage),
    `this machine has no time zone data there, nor at ${usualFolders.slice(1).join(', ')}`,
    { hint: giveFolder },
  );
}

/** Folders and files that are other forms of the same data, or belong to the machine and not to the data. */
const leftOut = new Set(['posix', 'right', 'localtime', 'posixrules']);

async function walk(folder: string, below: string, files: ImageFile[]): Promise<void> {
  const here = join(folder, below);
  const entries = await readdir(here, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ImageFileError(here, "can't be read as time zone data", { cause, hint: giveFolder });
  });
  for (const entry of entries) {
    if (below === '' && leftOut.has(entry.name)) continue;
    const name = posix.join(below, entry.name);
    const path = posix.join(folderInImage, name);
    if (entry.isDirectory()) {
      await walk(folder, name, files);
    } else if (entry.isSymbolicLink()) {
      const link = await innerLink(folder, name);
      if (link !== undefined) files.push({ path, symlink: link });
    } else if (entry.isFile()) {
      const content = await readFile(join(folder, name));
      if (isData(content) || entry.name.endsWith('.tab')) files.push({ path, content });
    }
  }
}

function isData(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, 4)).toString('latin1') === 'TZif';
}

function isZone(file: ImageFile): boolean {
  return (
    'symlink' in file || ('content' in file && file.content instanceof Uint8Array && isData(file.content))
  );
}

/** Returns the target of a link to other data of the folder; `undefined` for every other link. */
async function innerLink(folder: string, name: string): Promise<string | undefined> {
  const link = join(folder, name);
  const [whole, target] = await Promise.all([realpath(folder), realpath(link).catch(() => undefined)]);
  if (target === undefined) return undefined;
  const inside = relative(whole, target);
  if (inside.startsWith('..') || inside === '' || leftOut.has(inside.split('/')[0] ?? '')) return undefined;
  const text = await readlink(link);
  return text.startsWith('/') ? relative(dirname(join(whole, name)), target) : text;
}

function digestOf(files: readonly ImageFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file.path}\0`);
    if ('symlink' in file) hash.update(`-> ${file.symlink}`);
    else if ('content' in file && file.content instanceof Uint8Array) hash.update(file.content);
    hash.update('\0');
  }
  return hash.digest('hex');
}
