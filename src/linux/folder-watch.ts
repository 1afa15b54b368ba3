/** Notices that somebody removes a folder that is in use, such as one for temporary files. */
import { watch, type FSWatcher } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './held-folder.ts';

export class FolderWatch {
  /** Resolves with the reason when the folder or one of the names is not there any more, or is another one. */
  readonly removed: Promise<string>;
  readonly #path: string;
  readonly #inodes: ReadonlyMap<string, number>;
  #resolve: (reason: string) => void = () => undefined;
  #watcher: FSWatcher | undefined;
  #ended = false;

  private constructor(path: string, inodes: ReadonlyMap<string, number>) {
    this.#path = path;
    this.#inodes = inodes;
    this.removed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    try {
      this.#watcher = watch(path, { persistent: false }, () => {
        this.look();
      }).on('error', () => undefined);
    } catch {
      // The kernel has no watch left. A removal is noticed when something can't be done in the folder.
    }
  }

  /**
   * @param names folders in it that have to stay what they are
   * @throws the system's error when they are not there
   */
  static async begin(path: string, names: readonly string[]): Promise<FolderWatch> {
    const inodes = await Promise.all(
      names.map(async (name) => [name, (await lstat(join(path, name))).ino] as const),
    );
    return new FolderWatch(path, new Map(inodes));
  }

  /** Looks whether all is there. */
  look(): void {
    if (this.#ended) return;
    this.#whatIsMissing().then(
      (missing) => {
        if (this.#ended || missing === undefined) return;
        this.end();
        this.#resolve(`${missing}, in which its sockets are, was removed`);
      },
      () => undefined, // it can't be told
    );
  }

  /** Ends the watch, before the folder is removed by its owner. */
  end(): void {
    this.#ended = true;
    this.#watcher?.close();
  }

  async #whatIsMissing(): Promise<string | undefined> {
    for (const [name, inode] of this.#inodes) {
      const path = join(this.#path, name);
      try {
        if ((await lstat(path)).ino !== inode) return path;
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return path;
        throw error;
      }
    }
    return undefined;
  }
}
