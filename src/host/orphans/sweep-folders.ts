/** Removes folders that killed hosts have left, in places where anybody may have made folders with such names. */
import { basename, join } from 'node:path';
import { errnoOf, HeldFolder } from '../../linux/held-folder.ts';
import { ownedPrefix, passingPrefix } from '../../linux/owned-name.ts';
import { removeFolderIn } from '../../linux/remove-tree.ts';
import { readOwnFile } from '../../linux/small-file.ts';
import { livenessOf } from '../../linux/process-identity.ts';
import { isClosedHere } from './labels.ts';
import { clusterMark, mostOwnerBytes, ownerFile, ownerSchema } from './owner-file.ts';

/**
 * Age in milliseconds from which an owned folder without an owner's file may be removed. A host that is closed leaves
 * such a folder when it is not empty.
 */
const namelessMs = 60_000;
/** Anybody can make very many names in a shared folder, which must not keep a host from opening. */
const mostNames = 1_000_000;
const mostCandidates = 4096;
const longestSweepMs = 20_000;

/**
 * Removes the folders below `parent` that hosts of this cluster left when they were killed. Only a folder of this user
 * with an owner's file of this user counts. Links are not followed, and no file there can make the sweep wait.
 *
 * @param options.keep folders that stay because a container in them may live
 * @param options.failures gets a line for each folder that was left, with the reason
 * @returns the paths removed
 */
export async function sweepFolders(
  parent: string,
  clusterId: string,
  {
    keep = new Set(),
    failures = [],
  }: { readonly keep?: ReadonlySet<string> | undefined; readonly failures?: string[] | undefined } = {},
): Promise<string[]> {
  await using held = await HeldFolder.open(parent, { follow: true }).catch(() => undefined);
  if (held === undefined) return [];
  const { names, more } = await candidates(held);
  const removed: string[] = [];
  if (more) failures.push(`${parent} has more names than are looked at; some folders may be left`);
  const late = performance.now() + longestSweepMs;
  for (const name of names) {
    if (performance.now() > late) {
      failures.push(`looking through ${parent} took too long; some folders may be left`);
      break;
    }
    const path = join(parent, name);
    try {
      if (!(await isLeft(held, name, clusterId))) continue;
      if (keep.has(path)) {
        failures.push(`${path} was left as it is, because its container could not be removed and may live`);
        continue;
      }
      await removeFolderIn(held, name);
      removed.push(path);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return removed;
}

async function candidates(parent: HeldFolder): Promise<{ names: string[]; more: boolean }> {
  const names: string[] = [];
  let seen = 0;
  for await (const { name, isFolder } of parent.allEntries()) {
    seen += 1;
    if (seen > mostNames || names.length === mostCandidates) return { names, more: true };
    if (isFolder === false) continue;
    const text = String(name);
    if (text.startsWith(ownedPrefix) || text.startsWith(passingPrefix)) names.push(text);
  }
  return { names, more: false };
}

/**
 * Whether a host of this cluster left this folder of this user's. Never waits. A folder that can't be looked into is
 * left alone.
 */
async function isLeft(parent: HeldFolder, name: string, clusterId: string): Promise<boolean> {
  const passing = name.startsWith(passingPrefix);
  if (passing && !isLeftInPassing(name, clusterId)) return false;
  {
    await using entry = await parent.entry(name).catch(() => undefined);
    if (entry?.stats.isDirectory() !== true || entry.stats.uid !== process.geteuid?.()) return false;
  }
  if (passing) return true;
  await using folder = await parent.folder(name).catch(() => undefined);
  if (folder === undefined) return false;
  let text: string | undefined;
  try {
    text = await readOwnFile(folder, ownerFile, mostOwnerBytes);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return false;
    text = '';
  }
  if (text === undefined) return false;
  if (text === '') return await isNameless(folder);
  const owner = ownerSchema.safeParse(parseOrNothing(text));
  if (!owner.success || owner.data.clusterId !== clusterId) return false;
  const liveness = livenessOf(owner.data.process);
  return liveness === 'gone' || (liveness === 'alive' && isClosedHere(owner.data.hostId, owner.data.process));
}

function isLeftInPassing(name: string, clusterId: string): boolean {
  const [, cluster, pid = '', startTime = '', pidNamespace = '', machineId = '', bootId = ''] =
    /-([0-9a-f]{12})-(\d+)-(\d*)-(\d*)-([0-9a-f]*)-([0-9a-f-]*)-\w{6}$/.exec(basename(name)) ?? [];
  if (cluster !== clusterMark(clusterId)) return false;
  return livenessOf({ pid: Number(pid), startTime, pidNamespace, machineId, bootId }) === 'gone';
}

/** Whether the folder is this user's, old, and empty except for an unfinished owner's file. */
async function isNameless(folder: HeldFolder): Promise<boolean> {
  const { uid, mtimeMs } = await folder.stat();
  const inside = await folder.names(2);
  return (
    uid === process.geteuid?.() &&
    inside.every((name) => String(name) === ownerFile) &&
    Date.now() - mtimeMs > namelessMs
  );
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
