/**
 * Folders for socket directories that say whose they are, so that those of a host that was killed can be found and removed.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { BulkheadError } from '../errors.ts';
import { livenessOf, thisProcess } from '../process-identity.ts';

const prefix = 'bulkhead-h-';
const ownerFile = 'owner.json';
/** Of folders that are being made or removed: the name says whose they are, until and after the file does. */
const passingPrefix = 'bulkhead-n-';
/** A folder that was not empty when its host was closed has no owner any more. */
const namelessMs = 60_000;

const ownerSchema = z.object({
  hostId: z.string(),
  clusterId: z.string(),
  process: z.object({
    bootId: z.string(),
    machineId: z.string(),
    pidNamespace: z.string(),
    pid: z.number(),
    startTime: z.string(),
  }),
});

/** One folder below each parent that is asked for, as long as the host is open: what is known of a folder is asked once. */
export class OwnedFolders implements AsyncDisposable {
  readonly #owner: { readonly hostId: string; readonly clusterId: string };
  readonly #folders = new Map<string, Promise<string>>();

  constructor(owner: { readonly hostId: string; readonly clusterId: string }) {
    this.#owner = owner;
  }

  /** Every parent that a folder was made below so far. */
  get parents(): readonly string[] {
    return [...this.#folders.keys()];
  }

  /** @throws BulkheadError `SOCKET_DIRECTORY_FAILED` */
  below(parent: string = tmpdir()): Promise<string> {
    let folder = this.#folders.get(parent);
    if (folder === undefined) {
      folder = this.#make(parent);
      this.#folders.set(parent, folder);
      folder.catch(() => this.#folders.delete(parent)); // the next one tries again
    }
    return folder;
  }

  /** Removes them. What others still have in one stays, and so does the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    const folders = await Promise.allSettled(this.#folders.values());
    this.#folders.clear();
    for (const folder of folders) {
      if (folder.status === 'fulfilled') await this.#remove(folder.value);
    }
  }

  async #remove(path: string): Promise<void> {
    const inside = await readdir(path).catch(() => []);
    if (inside.every((name) => name === ownerFile)) {
      const passing = `${join(dirname(path), passingName(this.#owner.clusterId))}${path.slice(-6)}`;
      await rename(path, passing).then(
        () => rm(passing, { recursive: true, force: true }),
        () => undefined, // somebody removed it
      );
      return;
    }
    await rm(join(path, ownerFile), { force: true });
    await rmdir(path).catch(() => undefined);
  }

  async #make(parent: string): Promise<string> {
    try {
      const passing = await mkdtemp(join(parent, passingName(this.#owner.clusterId)));
      try {
        const owner = JSON.stringify({ ...this.#owner, process: thisProcess() });
        await writeFile(join(passing, ownerFile), owner, { mode: 0o600 });
        await chmod(passing, 0o711); // a rootless engine and the plugin's user have to get through
        const path = join(parent, `${prefix}${passing.slice(-6)}`);
        await rename(passing, path);
        return path;
      } catch (error) {
        await rm(passing, { recursive: true, force: true });
        throw error;
      }
    } catch (cause) {
      throw new BulkheadError(
        'SOCKET_DIRECTORY_FAILED',
        `can't make a folder for sockets in ${parent}: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }
}

/**
 * Removes the folders below `parent` that hosts of this cluster left when they were killed.
 *
 * @returns the paths removed
 */
export async function sweepFolders(parent: string, clusterId: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const removed: string[] = [];
  for (const name of names) {
    const path = join(parent, name);
    const left = name.startsWith(passingPrefix)
      ? await isLeftInPassing(path, clusterId)
      : name.startsWith(prefix) && (await isLeft(path, clusterId));
    if (!left) continue;
    await rm(path, { recursive: true, force: true });
    removed.push(path);
  }
  return removed;
}

async function isLeft(path: string, clusterId: string): Promise<boolean> {
  const text = await readFile(join(path, ownerFile), 'utf8').catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : undefined,
  );
  if (text === undefined) return false; // another user's
  if (text === '') return isNameless(path);
  const owner = ownerSchema.safeParse(parseOrNothing(text));
  return owner.success && owner.data.clusterId === clusterId && livenessOf(owner.data.process) === 'gone';
}

/** Begins the name of a folder that this process makes or removes; six characters make it unique. */
function passingName(clusterId: string): string {
  const { pid, startTime, pidNamespace, machineId, bootId } = thisProcess();
  const owner = [clusterMark(clusterId), pid, startTime, pidNamespace, machineId, bootId].join('-');
  return `${passingPrefix}${owner}-`;
}

function clusterMark(clusterId: string): string {
  return createHash('sha256').update(clusterId).digest('hex').slice(0, 12);
}

async function isLeftInPassing(path: string, clusterId: string): Promise<boolean> {
  const [, cluster, pid = '', startTime = '', pidNamespace = '', machineId = '', bootId = ''] =
    /-([0-9a-f]{12})-(\d+)-(\d*)-(\d*)-([0-9a-f]*)-([0-9a-f-]*)-\w{6}$/.exec(path) ?? [];
  if (cluster !== clusterMark(clusterId)) return false;
  if (livenessOf({ pid: Number(pid), startTime, pidNamespace, machineId, bootId }) !== 'gone') return false;
  return (await stat(path).catch(() => undefined))?.uid === process.geteuid?.();
}

/** Empty but for a file of the owner that was not finished, this user's, and old. */
async function isNameless(path: string): Promise<boolean> {
  const [found, inside] = await Promise.all([
    stat(path).catch(() => undefined),
    readdir(path).catch(() => ['something']),
  ]);
  return (
    found !== undefined &&
    found.uid === process.geteuid?.() &&
    inside.every((name) => name === ownerFile) &&
    Date.now() - found.mtimeMs > namelessMs
  );
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
