/** Folders for socket directories that name their owner, so that those of a killed host can be found and removed. */
import { mkdtemp, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { disposalsEnded } from '../../container/index.ts';
import { BulkheadError } from '../../errors.ts';
import { HeldFolder } from '../../linux/held-folder.ts';
import { ownedPrefix, passingPrefix } from '../../linux/owned-name.ts';
import { removeFolderIn } from '../../linux/remove-tree.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { refuseUntrusted } from '../../linux/trusted-parent.ts';
import { fileHintFor } from '../../thrown-value.ts';
import { thisProcess } from '../../linux/process-identity.ts';
import { clusterMark, ownerFile } from './owner-file.ts';

/** This many names are enough to tell whether a folder holds anything beside the owner's file. */
const namesToLookAt = 1024;

export { sweepFolders } from './sweep-folders.ts';

/** Makes one folder below each parent, and reuses it for as long as the host is open. */
export class OwnedFolders implements AsyncDisposable {
  readonly #owner: { readonly hostId: string; readonly clusterId: string };
  readonly #folders = new Map<string, { readonly parent: string; readonly path: Promise<string> }>();

  constructor(owner: { readonly hostId: string; readonly clusterId: string }) {
    this.#owner = owner;
  }

  /** Every parent below which a folder was made so far. */
  get parents(): readonly string[] {
    return [...new Set([...this.#folders.values()].map(({ parent }) => parent))];
  }

  /**
   * Returns the folder below `given`, which is made when it is first asked for.
   *
   * @param passingGid group of an engine that has to pass through the folder and is neither root nor this user; other
   *   users can't pass, unless engines of several users have to (`everybody`)
   * @throws BulkheadError `SOCKET_DIRECTORY_FAILED`
   */
  below(given: string = temporaryFolder(), passingGid?: number | 'everybody'): Promise<string> {
    const parent = resolve(given);
    const key = `${passingGid ?? ''} ${parent}`;
    const known = this.#folders.get(key);
    if (known !== undefined) return known.path;
    const path = this.#make(parent, passingGid);
    this.#folders.set(key, { parent, path });
    path.catch(() => this.#folders.delete(key)); // the next call tries again
    return path;
  }

  /** Resolves when what was in them and is being disposed of has gone. */
  async disposalsEnded(): Promise<void> {
    const folders = await Promise.allSettled([...this.#folders.values()].map(({ path }) => path));
    for (const folder of folders) if (folder.status === 'fulfilled') await disposalsEnded(folder.value);
  }

  /** Removes them. What others still have in one stays, and so does the folder. @throws FolderNotRemovedError */
  async [Symbol.asyncDispose](): Promise<void> {
    const folders = await Promise.allSettled([...this.#folders.values()].map(({ path }) => path));
    this.#folders.clear();
    for (const folder of folders) {
      if (folder.status === 'fulfilled') await this.#remove(folder.value);
    }
  }

  async #remove(path: string): Promise<void> {
    await using parent = await HeldFolder.open(dirname(path), { follow: true }).catch(() => undefined);
    if (parent === undefined) return;
    await using folder = await parent.folder(basename(path)).catch(() => undefined);
    if (folder === undefined) return; // somebody removed it already
    const inside = (await folder.names(namesToLookAt)).map(String);
    if (inside.every((name) => name === ownerFile)) {
      const passing = `${passingName(this.#owner.clusterId)}${path.slice(-6)}`;
      try {
        await rename(parent.at(basename(path)), parent.at(passing));
      } catch {
        return; // somebody removed it already
      }
      await removeFolderIn(parent, passing);
      return;
    }
    // A container that could not be removed may live. Its folder keeps the owner's file, so that a later sweep finds
    // it.
    if (inside.some((name) => name.startsWith('bulkhead-'))) return;
    await unlink(folder.at(ownerFile)).catch(() => undefined);
  }

  async #make(parent: string, passingGid: number | 'everybody' | undefined): Promise<string> {
    await refuseUntrusted(parent);
    try {
      const passing = await mkdtemp(join(parent, passingName(this.#owner.clusterId)));
      await using held = await HeldFolder.open(parent, { follow: true });
      try {
        await using folder = await held.folder(basename(passing));
        const owner = JSON.stringify({ ...this.#owner, process: thisProcess() });
        await using file = await open(folder.at(ownerFile), 'wx', 0o600);
        await file.writeFile(owner);
        // Everything else in the folder is made for containers: only the engine may pass.
        const gid = typeof passingGid === 'number' ? passingGid : (process.getegid?.() ?? 0);
        await folder.chown(process.geteuid?.() ?? 0, gid);
        await folder.chmod(passingGid === undefined ? 0o700 : passingGid === 'everybody' ? 0o711 : 0o710);
        const name = `${ownedPrefix}${passing.slice(-6)}`;
        await rename(passing, held.at(name));
        return join(parent, name);
      } catch (error) {
        await removeFolderIn(held, basename(passing)).catch(() => undefined); // a later sweep finds it
        throw error;
      }
    } catch (cause) {
      throw new BulkheadError(
        'SOCKET_DIRECTORY_FAILED',
        `can't make a folder for sockets in ${parent}: ${(cause as Error).message}`,
        { cause, hint: fileHintFor(cause) ?? 'Choose another folder with `socketDirectory`.' },
      );
    }
  }
}

/** Start of the name of a folder that this process is making or removing; six random characters complete it. */
function passingName(clusterId: string): string {
  const { pid, startTime, pidNamespace, machineId, bootId } = thisProcess();
  const owner = [clusterMark(clusterId), pid, startTime, pidNamespace, machineId, bootId].join('-');
  return `${passingPrefix}${owner}-`;
}
