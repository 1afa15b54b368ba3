import { InvalidOptionError } from '../errors.ts';

interface Ownership {
  /** Absolute path in the image. Parent folders are made as needed: 0755, owned by root. */
  readonly path: string;
  /** Default 0: root. At most 262143. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** A file, given as bytes or text, or as a file of this machine that is read when the image is written. */
export interface ImageRegularFile extends Ownership {
  readonly content: Uint8Array | string | { readonly file: string };
  /** Permission bits; default 0644. */
  readonly mode?: number | undefined;
  /**
   * Capabilities that the kernel gives to a process that executes the file, such as `['IPC_LOCK']`, as `+ep`.
   * A container whose capabilities do not include them can't execute the file at all.
   */
  readonly fileCapabilities?: readonly string[] | undefined;
}

export interface ImageSymlink extends Ownership {
  /** Target of the link, which is not changed. */
  readonly symlink: string;
}

export interface ImageDirectory extends Ownership {
  readonly directory: true;
  /** Permission bits; default 0755. */
  readonly mode?: number | undefined;
}

export type ImageFile = ImageRegularFile | ImageSymlink | ImageDirectory;

/** tar-stream writes ids as six octal digits. */
const highestId = 0o777777;

/**
 * Checks the files of an image and brings them into the order in which they are written: sorted by path, so that the
 * same files in another order make the same image, with missing parent folders added.
 *
 * @throws {InvalidOptionError} naming the file and what is wrong with it
 */
export function arrangeFiles(files: readonly ImageFile[]): ImageFile[] {
  const byPath = new Map<string, ImageFile>();
  for (const file of files) {
    checkFile(file);
    if (byPath.has(file.path)) throw new InvalidOptionError('files', `${file.path} is given twice`);
    byPath.set(file.path, file);
  }
  for (const file of files) addParents(byPath, file.path);
  // By code unit, not by locale: the order is part of the image's id. A folder comes before what is in it.
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function checkFile(file: ImageFile): void {
  const refuse = (why: string): never => {
    throw new InvalidOptionError('files', `${JSON.stringify(file.path)} ${why}`);
  };
  if (!/^(?:\/[^/\0]+)+$/.test(file.path))
    refuse('is not an absolute path of a file, without an ending slash');
  if (/\/\.\.?(?:\/|$)/.test(file.path)) refuse('has . or .. in it');
  for (const id of [file.uid ?? 0, file.gid ?? 0]) {
    if (!Number.isInteger(id) || id < 0 || id > highestId)
      refuse(`has an owner that is not a number from 0 to ${highestId}`);
  }
  if ('symlink' in file) {
    if (file.symlink === '' || file.symlink.includes('\0')) refuse('is a symbolic link to nothing');
    return;
  }
  const { mode = 0 } = file;
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777)
    refuse('has a mode that is not permission bits (0 to 0o7777)');
}

function addParents(byPath: Map<string, ImageFile>, path: string): void {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = path.slice(0, slash);
    const present = byPath.get(parent);
    if (present === undefined) byPath.set(parent, { path: parent, directory: true });
    else if (!('directory' in present)) {
      throw new InvalidOptionError(
        'files',
        `${JSON.stringify(path)} lies below ${parent}, which is not a folder`,
      );
    }
  }
}
