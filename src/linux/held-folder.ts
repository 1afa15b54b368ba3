/**
 * A folder that is held by a descriptor. Where another user can write on the way to a folder, a path may lead to
 * another place with each call. Operations through a descriptor act on the folder that was opened, wherever it is by
 * now.
 *
 * Node has no openat(2). On Linux `/proc/self/fd/N/NAME` does the same: it begins at the folder behind descriptor N
 * (proc(5)).
 */
import { constants, readFileSync, type Stats } from 'node:fs';
import { lstat, open, opendir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Linux: open(2). The descriptor stands for the file itself, which is neither read nor waited for. Node has no name for
 * this flag.
 */
const pathOnly = 0o10000000;

/** The name of an entry. It may be bytes, because a container may give names that are not UTF-8. */
export type EntryName = string | Buffer;

/** Something that was opened without following a link, and without reading it. */
export interface HeldEntry extends AsyncDisposable {
  /** Path to exactly this file while it is held. It is safe to follow, because the file is not looked up by name. */
  readonly path: string;
  readonly stats: Stats;
  /**
   * Id of the mount that it is in, where the kernel tells it. Unlike asking for the device, this needs no answer of the
   * file system itself.
   */
  readonly mountId: string | undefined;
}

export class HeldFolder implements AsyncDisposable {
  /** The path by which it was opened, which errors show. */
  readonly path: string;
  readonly mountId: string | undefined;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
    this.mountId = mountIdOf(handle.fd);
  }

  /** Opens a folder whose path is trusted; `follow` allows its last part to be a link. @throws the system's error */
  static async open(path: string, { follow = false }: { follow?: boolean } = {}): Promise<HeldFolder> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | (follow ? 0 : constants.O_NOFOLLOW);
    return new HeldFolder(path, await open(path, flags));
  }

  /** Returns a path to an entry of this very folder. It is valid until the folder is released. */
  at(name: string): string;
  at(name: EntryName): string | Buffer;
  at(name: EntryName): string | Buffer {
    const folder = process.platform === 'linux' ? `/proc/self/fd/${this.#handle.fd}` : this.path;
    return typeof name === 'string' ? join(folder, name) : Buffer.concat([Buffer.from(`${folder}/`), name]);
  }

  /** Path of this folder for another process of this machine, such as `mount`. */
  get pathForOthers(): string {
    return process.platform === 'linux' ? `/proc/${process.pid}/fd/${this.#handle.fd}` : this.path;
  }

  stat(): Promise<Stats> {
    return this.#handle.stat();
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#handle.chown(uid, gid);
  }

  lstat(name: EntryName): Promise<Stats> {
    return lstat(this.at(name));
  }

  /**
   * Opens the entry of this name, whatever it is, without following or waiting for it: a FIFO does not block, a device
   * does nothing.
   */
  async entry(name: EntryName): Promise<HeldEntry> {
    const handle = await open(this.at(name), pathOnly | constants.O_NOFOLLOW);
    try {
      const mountId = mountIdOf(handle.fd);
      // A file system that another user mounted, such as FUSE, may never answer.
      const stats = isSameMount(mountId, this.mountId) ? await handle.stat() : undefined;
      if (stats === undefined) throw new ForeignMountError(this.path, handle.fd);
      return {
        path: process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : String(this.at(name)),
        stats,
        mountId,
        [Symbol.asyncDispose]: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Opens a folder in this one. It must not be a link, and must be in the same mount. @throws ForeignMountError, or the
   * system's error
   */
  async folder(name: EntryName): Promise<HeldFolder> {
    await using entry = await this.entry(name);
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    return new HeldFolder(join(this.path, String(name)), await open(entry.path, flags));
  }

  /** Returns the first `limit` names, in no order. */
  async names(limit: number): Promise<Buffer[]> {
    const names: Buffer[] = [];
    for await (const { name } of this.allEntries()) {
      names.push(name);
      if (names.length >= limit) break;
    }
    return names;
  }

  /**
   * Yields all entries, in no order and some at a time, because there may be very many. An entry that is surely not a
   * folder is recognised without being opened.
   */
  async *allEntries(): AsyncGenerator<{ readonly name: Buffer; readonly isFolder: boolean | undefined }> {
    // The types declare strings, whatever the encoding.
    const folder = await opendir(this.at('.'), { encoding: 'buffer' as BufferEncoding, bufferSize: 512 });
    for await (const entry of folder) {
      const isOther = entry.isFile() || entry.isSymbolicLink() || entry.isFIFO() || entry.isSocket();
      const isFolder = entry.isDirectory() ? true : isOther ? false : undefined;
      yield { name: Buffer.from(entry.name), isFolder };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Something else is mounted there. It is not accessed, because the user who mounted it may let it never answer. */
export class ForeignMountError extends Error {
  constructor(folder: string, descriptor: number) {
    super(`something is mounted below ${folder} (descriptor ${descriptor})`);
  }
}

export function isSameMount(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/**
 * Returns `mnt_id` of fdinfo (proc(5)), or `undefined` where there is none. The kernel answers at once, whatever was
 * opened.
 */
export function mountIdOf(descriptor: number): string | undefined {
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
