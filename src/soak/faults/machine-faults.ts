/** Faults of the machine: the clock, the descriptors of this process, folders and files. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrawnFault } from '../trial.ts';
import type { World } from '../world.ts';

/** Sets the clock of this process by hours: the engine's stays as it is, as after a jump between two requests. */
export function jumpClock(world: World, hours: number): void {
  const { now } = Date;
  const by = hours * 3_600_000;
  Date.now = () => now.call(Date) + by;
  world.undo.push(() => {
    Date.now = now;
  });
}

/** How long no descriptor can be had. */
const withoutMs = 300;

/** Kept open meanwhile, for the process that lifts the fault: it can't be started without any. */
const keptDescriptors = 8;

/** Lets this process open no further descriptor for some time. Returns false where that can't be done. */
export function useUpDescriptors(world: World): boolean {
  const kept: number[] = [];
  const free = (): void => {
    for (const descriptor of kept.splice(0)) closeSync(descriptor);
  };
  try {
    while (kept.length < keptDescriptors) kept.push(openSync('/dev/null', 'r'));
    const used = Math.max(...readdirSync('/proc/self/fd').map(Number)) + 1;
    const [, usual = ''] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    setLimit(String(used));
    const lift = (): void => {
      free();
      setLimit(usual);
    };
    const timer = setTimeout(lift, withoutMs);
    world.undo.push(() => {
      clearTimeout(timer);
      lift();
    });
    return true;
  } catch {
    free();
    return false; // it is so already, or there is no such program
  }
}

/** @throws where the program can't be started, or may not change it */
function setLimit(soft: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`], { stdio: 'ignore' });
}

/** Removes the folders of the hosts' sockets, as a cleaner of temporary files does. */
export function removeFolders({ parent }: World): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith('bulkhead-')) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Writes into a file of the catalogs what somebody with an editor might, or cuts it. The file is put right again. */
export function alterCatalog(world: World, { detail }: DrawnFault): boolean {
  const files = filesBelow(world.directory).filter(
    (file) => file.endsWith('.json') && !file.includes('/hosts/'),
  );
  const file = files[detail % Math.max(files.length, 1)];
  if (file === undefined) return false;
  const before = readFileSync(file);
  const altered =
    detail % 3 === 0
      ? Buffer.alloc(0)
      : detail % 3 === 1
        ? before.subarray(0, before.length / 2)
        : Buffer.from('{}');
  writeFileSync(file, altered);
  world.undo.push(() => {
    // Only where nobody has written or removed it since.
    if (existsSync(file) && readFileSync(file).equals(altered)) writeFileSync(file, before);
  });
  return true;
}

/** How long a slow disk keeps everybody waiting. */
const slowMs = 300;

/** Has the disk of the catalogs be full, read-only or slow. Returns false where that can't be done. */
export function strikeDisk(
  { stage: { disk }, undo }: World,
  name: 'disk-full' | 'disk-read-only' | 'disk-slow',
): boolean {
  try {
    if (name === 'disk-read-only') undo.push(disk.close());
    else if (!disk.own) return false;
    else if (name === 'disk-full') undo.push(disk.fill());
    else disk.freeze(slowMs);
    return true;
  } catch {
    return false; // it is busy, or closed already
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
