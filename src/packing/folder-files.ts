import { readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, normalize, posix } from 'node:path';
import { ImageFileError } from './errors.ts';
import type { ImageFile } from './image-files.ts';

export interface FolderFilesOptions {
  /** Where the folder appears in the image. */
  readonly target: string;
  /**
   * Called with the path of each file and folder, relative to the folder; `false` leaves it out. Default: everything is
   * packed.
   */
  readonly include?: ((relativePath: string, kind: 'file' | 'folder') => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Everything in a folder as files of an image, owned by root, 0644, or 0755 for what is executable here. Links that stay
 * inside the folder stay links.
 *
 * @throws {ImageFileError} the folder can't be read, or holds a link out of itself, a socket, a device
 */
export async function folderFiles(folder: string, options: FolderFilesOptions): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  await walk(folder, '', options, files);
  return files;
}

async function walk(
  folder: string,
  below: string,
  options: FolderFilesOptions,
  files: ImageFile[],
): Promise<void> {
  options.signal?.throwIfAborted();
  const here = join(folder, below);
  const entries = await readdir(here, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ImageFileError(here, `can't be read as a folder`, { cause });
  });
  const { include = () => true, target } = options;
  for (const entry of entries) {
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    const source = join(folder, relative);
    const path = posix.join(target, relative);
    if (!include(relative, entry.isDirectory() ? 'folder' : 'file')) continue;
    if (entry.isDirectory()) await walk(folder, relative, options, files);
    else if (entry.isFile()) files.push({ path, content: { file: source }, mode: await packedMode(source) });
    else if (entry.isSymbolicLink()) files.push({ path, symlink: await innerLink(source, relative) });
    else throw new ImageFileError(source, 'is neither a file nor a folder');
  }
}

/** Keeps only whether the file is executable: the umask of whoever checked it out must not change the image. */
async function packedMode(file: string): Promise<number> {
  const { mode } = await stat(file).catch((cause: unknown) => {
    throw new ImageFileError(file, `can't be read for the image`, { cause });
  });
  return (mode & 0o111) === 0 ? 0o644 : 0o755;
}

async function innerLink(source: string, relative: string): Promise<string> {
  const to = await readlink(source);
  if (to.startsWith('/') || normalize(join(dirname(relative), to)).startsWith('..')) {
    throw new ImageFileError(
      source,
      `is a symbolic link to ${to}, which is outside the folder that is packed`,
    );
  }
  return to;
}
