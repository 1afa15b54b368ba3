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
 * @returns a function that releases the lock. @throws StoreError `CATALOG_LOCKED` naming the holder,
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
    const release = (): Promise<void> => rm(path, { force: true });
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

async function firstRival(folder: string, own: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (name === own) continue;
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
