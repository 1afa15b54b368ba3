/** Folders for socket directories that name their owner, so that those of a killed host can be found and removed. */
import type { Stats } from 'node:fs';
import { lstat, mkdtemp, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { disposalsEnded, onLateDisposal } from '../../container/index.ts';
import { BulkheadError } from '../../errors.ts';
import { errnoOf, HeldFolder } from '../../linux/held-folder.ts';
import { ownedPrefix, passingPrefix } from '../../linux/owned-name.ts';
import { remakeFolder, rememberFolder, type RememberedFolder } from '../../linux/remade-folder.ts';
import { removeFolderIn } from '../../linux/remove-tree.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { refuseUntrusted } from '../../linux/trusted-parent.ts';
import { thisProcess } from '../../linux/process-identity.ts';
import { fileHintFor, messageOf } from '../../thrown-value.ts';
import { endAll } from '../../waiting/end-all.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { clusterMark, ownerFile } from './owner-file.ts';

/** This many names are enough to tell whether a folder holds anything beside the owner's file. */
const namesToLookAt = 1024;

export { sweepFolders } from './sweep-folders.ts';

/** A folder that somebody removed or changed while its host used it. */
export interface LostFolder {
  readonly folder: string;
  readonly reason: string;
  /** The folder that takes its place, which may have the same path. */
  readonly made: string;
}

interface MadeFolder {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly parent: RememberedFolder;
}

interface KeptFolder {
  readonly parent: string;
  readonly passingGid: number | 'everybody' | undefined;
  readonly made: Promise<MadeFolder>;
}

/** Makes one folder below each parent, and reuses it for as long as the host is open. */
export class OwnedFolders implements AsyncDisposable {
  readonly #owner: { readonly hostId: string; readonly clusterId: string };
  readonly #folders = new Map<string, KeptFolder>();
  readonly #lost: (lost: LostFolder) => void;
  readonly #checks = new KeyedLock();
  /** Checks that have not begun yet: all who ask for the same folder until then share one. */
  readonly #waiting = new Map<string, Promise<string>>();

  /** @param lost told once for each folder that had to be made anew */
  constructor(
    owner: { readonly hostId: string; readonly clusterId: string },
    lost: (lost: LostFolder) => void = () => undefined,
  ) {
    this.#owner = owner;
    this.#lost = lost;
  }

  /** Every parent below which a folder was made so far. */
  get parents(): readonly string[] {
    return [...new Set([...this.#folders.values()].map(({ parent }) => parent))];
  }

  /**
   * Returns the folder below the given one, which is made when it is first asked for. One that somebody has removed since is
   * made anew, with the parent where that is gone too.
   *
   * @param passingGid group of an engine that has to pass through the folder and is neither root nor this user; other
   *   users can't pass, unless engines of several users have to (`everybody`)
   * @throws BulkheadError `SOCKET_DIRECTORY_FAILED`
   */
  below(given: string = temporaryFolder(), passingGid?: number | 'everybody'): Promise<string> {
    const parent = resolve(given);
    const key = `${passingGid ?? ''} ${parent}`;
    const shared = this.#waiting.get(key);
    if (shared !== undefined) return shared;
    const state = { begun: false };
    const check = this.#checks.take(key, () => {
      state.begun = true;
      this.#waiting.delete(key);
      return this.#check(key, parent, passingGid);
    });
    if (!state.begun) this.#waiting.set(key, check);
    return check;
  }

  async #check(key: string, parent: string, passingGid: number | 'everybody' | undefined): Promise<string> {
    const known = this.#folders.get(key);
    if (known === undefined) {
      return (await this.#keep(key, { parent, passingGid, made: this.#make(parent, passingGid) })).path;
    }
    const made = await known.made;
    let reason = await whyUnusable(made);
    if (reason === undefined) {
      try {
        if (await this.#rewriteOwner(made.path))
          this.#lost({ folder: made.path, reason: `${ownerFile} in it was removed`, made: made.path });
        return made.path;
      } catch (cause) {
        // Somebody may be removing it at this moment.
        reason = await whyUnusable(made);
        if (reason === undefined) throw notMade(parent, cause);
      }
    }
    // Where this fails, the next call still knows the folder that was lost.
    const anew = await this.#makeAnew(parent, passingGid, made);
    const { path } = await this.#keep(key, { parent, passingGid, made: Promise.resolve(anew) });
    this.#lost({ folder: made.path, reason, made: path });
    return path;
  }

  /** Makes the folders below `parent` anew that somebody has removed: a launch is judged by what is there. */
  async restore(parent: string): Promise<void> {
    for (const known of [...this.#folders.values()])
      if (known.parent === parent) await this.below(parent, known.passingGid);
  }

  #keep(key: string, kept: KeptFolder): Promise<MadeFolder> {
    this.#folders.set(key, kept);
    kept.made.catch(() => this.#folders.delete(key)); // the next call tries again
    return kept.made;
  }

  async #makeAnew(
    parent: string,
    passingGid: number | 'everybody' | undefined,
    lost: MadeFolder,
  ): Promise<MadeFolder> {
    await remakeFolder(lost.parent).catch((cause: unknown) => {
      throw notMade(parent, cause);
    });
    return this.#make(parent, passingGid, basename(lost.path));
  }

  /** Writes the owner's file again where it is gone. @returns whether it was */
  async #rewriteOwner(path: string): Promise<boolean> {
    await using folder = await HeldFolder.open(path);
    try {
      await folder.lstat(ownerFile);
      return false;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    await this.#writeOwner(folder);
    return true;
  }

  async #writeOwner(folder: HeldFolder): Promise<void> {
    await using file = await open(folder.at(ownerFile), 'wx', 0o600);
    await file.writeFile(JSON.stringify({ ...this.#owner, process: thisProcess() }));
  }

  /** Resolves when what was in them and is being disposed of has gone. */
  async disposalsEnded(): Promise<void> {
    const folders = await Promise.allSettled([...this.#folders.values()].map(({ made }) => made));
    for (const folder of folders) if (folder.status === 'fulfilled') await disposalsEnded(folder.value.path);
  }

  /** Removes them. What others still have in one stays, and so does the folder. @throws FolderNotRemovedError */
  async [Symbol.asyncDispose](): Promise<void> {
    const folders = await Promise.allSettled([...this.#folders.values()].map(({ made }) => made));
    this.#folders.clear();
    const made = folders.flatMap((folder) => (folder.status === 'fulfilled' ? [folder.value.path] : []));
    await endAll(made.map((path) => () => this.#removeOnceUnused(path)));
  }

  async #removeOnceUnused(path: string): Promise<void> {
    // The listener is there before the look, so that nothing goes unnoticed in between.
    const stopListening = onLateDisposal(path, () => this.#removeOnceUnused(path));
    if (await this.#removeUnlessUsed(path)) stopListening();
  }

  /** Removes the folder unless something of a plugin is still in it. @returns whether it is done with */
  async #removeUnlessUsed(path: string): Promise<boolean> {
    await using parent = await HeldFolder.open(dirname(path), { follow: true }).catch(() => undefined);
    if (parent === undefined) return true;
    await using folder = await parent.folder(basename(path)).catch(() => undefined);
    if (folder === undefined) return true; // somebody removed it already
    const inside = (await folder.names(namesToLookAt)).map(String);
    if (inside.every((name) => name === ownerFile)) {
      const passing = `${passingName(this.#owner.clusterId)}${path.slice(-6)}`;
      try {
        await rename(parent.at(basename(path)), parent.at(passing));
      } catch {
        return true; // somebody removed it already
      }
      await removeFolderIn(parent, passing);
      return true;
    }
    // A container that could not be removed may live. Its folder keeps the owner's file, so that a later sweep finds
    // it, and goes when this process could remove the container after all.
    if (inside.some((name) => name.startsWith('bulkhead-'))) return false;
    await unlink(folder.at(ownerFile)).catch(() => undefined);
    return true;
  }

  /** @param name the name that it should have, if nobody else has taken it; default: a new one */
  async #make(
    parent: string,
    passingGid: number | 'everybody' | undefined,
    name?: string,
  ): Promise<MadeFolder> {
    await refuseUntrusted(parent);
    try {
      const passing = await mkdtemp(join(parent, passingName(this.#owner.clusterId)));
      await using held = await HeldFolder.open(parent, { follow: true });
      try {
        await using folder = await held.folder(basename(passing));
        await this.#writeOwner(folder);
        // Everything else in the folder is made for containers: only the engine may pass.
        const gid = typeof passingGid === 'number' ? passingGid : (process.getegid?.() ?? 0);
        await folder.chown(process.geteuid?.() ?? 0, gid);
        const mode = passingGid === undefined ? 0o700 : passingGid === 'everybody' ? 0o711 : 0o710;
        await folder.chmod(mode);
        const { dev, ino } = await folder.stat();
        const path = join(parent, await settle(held, basename(passing), name));
        return { path, dev, ino, mode, parent: await rememberFolder(parent) };
      } catch (error) {
        await removeFolderIn(held, basename(passing)).catch(() => undefined); // a later sweep finds it
        throw error;
      }
    } catch (cause) {
      throw notMade(parent, cause);
    }
  }
}

function notMade(parent: string, cause: unknown): BulkheadError {
  const message = `can't make a folder for sockets in ${parent}: ${messageOf(cause)}`;
  const hint = fileHintFor(cause) ?? 'Choose another folder with `socketDirectory`.';
  return new BulkheadError('SOCKET_DIRECTORY_FAILED', message, { cause, hint });
}

/** Gives the folder its final name: the wanted one, unless something is there, which is never replaced. */
async function settle(parent: HeldFolder, passing: string, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) {
    // A rename would replace an empty folder, and only one that this user may remove.
    const isFree = await parent.lstat(wanted).then(
      () => false,
      (error: unknown) => errnoOf(error) === 'ENOENT',
    );
    if (isFree) {
      const done = await rename(parent.at(passing), parent.at(wanted)).then(
        () => true,
        () => false,
      );
      if (done) return wanted;
    }
  }
  const name = `${ownedPrefix}${passing.slice(-6)}`;
  await rename(parent.at(passing), parent.at(name));
  return name;
}

/** Why a folder that was made is not the same any more, as part of a sentence; `undefined` when it is. */
async function whyUnusable({ path, dev, ino, mode }: MadeFolder): Promise<string | undefined> {
  let found: Stats;
  try {
    found = await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return 'it was removed';
    throw error;
  }
  if (!found.isDirectory() || found.dev !== dev || found.ino !== ino) return 'something else is in its place';
  if (found.uid !== process.geteuid?.()) return `it belongs to user ${found.uid} by now`;
  return (found.mode & 0o7777) === mode ? undefined : 'its permissions were changed';
}

/** Start of the name of a folder that this process is making or removing; six random characters complete it. */
function passingName(clusterId: string): string {
  const { pid, startTime, pidNamespace, machineId, bootId } = thisProcess();
  const owner = [clusterMark(clusterId), pid, startTime, pidNamespace, machineId, bootId].join('-');
  return `${passingPrefix}${owner}-`;
}
