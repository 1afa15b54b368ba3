import { access, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ElfFile } from '../program/elf.ts';
import { ElfError } from '../program/errors.ts';
import { LibraryNotFoundError } from './errors.ts';
import type { ImageRegularFile } from './image-files.ts';
import { loaderFolders } from './loader-folders.ts';
import { readElf } from './read-elf.ts';

/**
 * Finds what a dynamically linked program needs beside itself, as files of an image: its loader, at the path that the
 * program names, and all libraries, including those that libraries need.
 *
 * All libraries go into the folder in which the C library was found. A loader always looks there, and knows a library
 * by its name alone, so programs find in the image what they found on this machine, wherever that was. A static program
 * needs nothing.
 *
 * @throws {LibraryNotFoundError} naming the library or the loader, and the file that needs it
 * @throws the signal's reason when aborted
 */
export async function sharedLibraries(
  program: string,
  elf: ElfFile,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ImageRegularFile[]> {
  if (elf.interpreter === undefined) return [];
  const loader = elf.interpreter;
  if (!(await exists(loader))) throw new LibraryNotFoundError(basename(loader), program, [dirname(loader)]);

  const found = await findLibraries({ path: program, elf, inherited: [] }, basename(loader), options);
  const cLibrary = [...found].find(([name]) => name.startsWith('libc.'));
  const folder = cLibrary === undefined ? '/lib' : dirname(cLibrary[1]);
  return [
    { path: loader, content: { file: loader }, mode: 0o755 },
    ...[...found].map(([name, file]) => ({
      // A name with a slash is a path already, also for the loader in the image.
      path: name.includes('/') ? name : join(folder, name),
      content: { file },
      mode: 0o755,
    })),
  ];
}

/** A program or library whose needed libraries are still to be found. */
interface Seeker {
  readonly path: string;
  readonly elf: ElfFile;
  /** DT_RPATH folders that it inherits from the files that need it. */
  readonly inherited: readonly string[];
}

/** Searches breadth first, in the order of ld.so, so that of two libraries with one name the same one wins. */
async function findLibraries(
  program: Seeker,
  loaderName: string,
  options: { signal?: AbortSignal | undefined },
): Promise<Map<string, string>> {
  const standard = await loaderFolders(program.elf.machine);
  const found = new Map<string, string>();
  const seekers = [program];
  for (const seeker of seekers) {
    const own = await ownFolders(seeker);
    for (const name of seeker.elf.needed) {
      if (name === loaderName || found.has(name)) continue;
      const library = await findLibrary(name, seeker, [...own.before, ...own.after, ...standard], options);
      found.set(name, library.path);
      seekers.push({ ...library, inherited: own.inheritable });
    }
  }
  return found;
}

async function findLibrary(
  name: string,
  seeker: Seeker,
  folders: readonly string[],
  options: { signal?: AbortSignal | undefined },
): Promise<{ path: string; elf: ElfFile }> {
  const candidates = name.includes('/') ? [name] : folders.map((folder) => join(folder, name));
  for (const path of candidates) {
    if (!(await exists(path))) continue;
    const elf = await readElf(path, options).catch((error: unknown) => {
      if (error instanceof ElfError) return undefined;
      throw error;
    });
    // The loader skips libraries of other architectures and linker scripts, too.
    if (elf?.machine === seeker.elf.machine) return { path, elf };
  }
  throw new LibraryNotFoundError(name, seeker.path, candidates.map(dirname));
}

interface OwnFolders {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly inheritable: readonly string[];
}

/** ld.so(8): DT_RPATH counts only without a DT_RUNPATH, and is inherited; DT_RUNPATH is not. */
async function ownFolders({ path, elf, inherited }: Seeker): Promise<OwnFolders> {
  // $ORIGIN is the folder of the file itself, not of a link to it.
  const origin = dirname(await realpath(path));
  const expand = (folder: string): string =>
    folder.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, origin).replace(/\$(?:LIB\b|\{LIB\})/g, 'lib64');
  if (elf.runpath.length > 0) return { before: [], after: elf.runpath.map(expand), inheritable: inherited };
  const before = [...elf.rpath.map(expand), ...inherited];
  return { before, after: [], inheritable: before };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
