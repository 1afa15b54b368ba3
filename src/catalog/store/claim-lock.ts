/**
 * A lock between processes of one machine, made of files.
 *
 * A process that wants the lock makes a file of its own, its claim, and then looks for others. If there is no other
 * claim, it holds the lock; if there is one, it removes its own claim and tries again a little later. Two processes
 * can't both see no other claim, because each makes its claim before it looks. The name of a claim says which process
 * made it, so that claims of dead processes can be recognised and removed. A name is never used again, so removing a
 * claim never removes another one.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { livenessOf, thisProcess, type ProcessIdentity } from '../../linux/process-identity.ts';
import { StoreError } from '../errors.ts';
import { makeFolder } from './durable-write.ts';
import { unwritable } from './file-failure.ts';

/**
 * How long to wait for the lock, in milliseconds. It is held for milliseconds; a process that holds it longer is stuck.
 */
const longestWaitMs = 30_000;
const longestPauseMs = 20;
/** Age in milliseconds after which a claim of a process that can't be seen counts as dead. */
const unseenLimitMs = 60_000;

/**
 * @returns a function that releases the lock, and never rejects. @throws StoreError `CATALOG_LOCKED` naming the holder,
 *   `CATALOG_UNWRITABLE`
 */
export async function acquireClaim(
  folder: string,
  { signal, waitMs = longestWaitMs }: { signal?: AbortSignal | undefined; waitMs?: number | undefined } = {},
): Promise<() => Promise<void>> {
  const deadline = performance.now() + waitMs;
  await makeFolder(folder).catch(unwritable(folder));
  for (;;) {
    signal?.throwIfAborted();
    const name = claimName(thisProcess());
    const path = join(folder, name);
    await (await open(path, 'wx', 0o600).catch(unwritable(path))).close();
    const release = (): Promise<void> => giveUp(path);
    let rival: string | undefined;
    try {
      rival = await firstRival(folder, name);
    } catch (error) {
      await release();
      return unwritable(folder)(error);
    }
    if (rival === undefined) return release;
    await release();
    if (performance.now() > deadline) throw locked(folder, rival);
    await delay(1 + Math.random() * longestPauseMs);
  }
}

/** Claims of this process that it has given up and could not remove yet, by their paths. */
const givenUp = new Set<string>();
/** Pauses between two tries to remove such a claim: the first, and the longest. */
const firstRemovalPauseMs = 50;
const longestRemovalPauseMs = 10_000;

/**
 * Removes a claim, now or as soon as that can be done, as when the file system has become read-only meanwhile: what was done
 * under the lock has been done, and the claim of a living process would keep all others out.
 */
async function giveUp(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch {
    givenUp.add(path);
    void removeLater(path);
  }
}

async function removeLater(path: string): Promise<void> {
  for (let pauseMs = firstRemovalPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestRemovalPauseMs)) {
    await delay(pauseMs, undefined, { ref: false });
    try {
      await rm(path, { force: true });
      givenUp.delete(path);
      return;
    } catch {
      // It is tried again for as long as this process lives; afterwards the claim counts as that of a dead one.
    }
  }
}

async function firstRival(folder: string, own: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (name === own || givenUp.has(join(folder, name))) continue;
    const owner = ownerOf(name);
    if (owner === undefined) continue; // not a claim
    if (await isDead(owner, join(folder, name))) await rm(join(folder, name), { force: true });
    else return name;
  }
  return undefined;
}

async function isDead(owner: ProcessIdentity, path: string): Promise<boolean> {
  const liveness = livenessOf(owner);
  if (liveness !== 'unknown') return liveness === 'gone';
  const made = await stat(path).catch(() => undefined);
  return made === undefined || Date.now() - made.mtimeMs > unseenLimitMs;
}

function claimName({ bootId, machineId, pidNamespace, pid, startTime }: ProcessIdentity): string {
  return [bootId, pidNamespace, pid, startTime, randomUUID(), machineId].join('_');
}

function ownerOf(name: string): ProcessIdentity | undefined {
  const [bootId, pidNamespace, pid, startTime, id, machineId = ''] = name.split('_');
  if (bootId === undefined || pidNamespace === undefined || startTime === undefined || id === undefined) {
    return undefined;
  }
  return { bootId, machineId, pidNamespace, pid: Number(pid), startTime };
}

function locked(folder: string, rival: string): StoreError {
  const holder = `process ${ownerOf(rival)?.pid ?? 0}`;
  return new StoreError('CATALOG_LOCKED', folder, `${holder} holds the lock ${join(folder, rival)}`, {
    hint: 'If that process hangs, end it, which releases its lock.',
  });
}
