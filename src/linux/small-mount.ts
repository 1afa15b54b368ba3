/**
 * A small file system in memory for one folder, so that what a container writes there is bounded in bytes and in number,
 * and so that no set-user-id bit, device or program counts in it. Only root can mount one; Node has no mount(2), so that
 * the system's own programs do it.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errnoOf, isSameMount, mountIdOf, type EntryName, type HeldFolder } from './held-folder.ts';

const run = promisify(execFile);

/** What such mounts are called in the list of mounts, by which those of a host that was killed are known. */
const mountSource = 'bulkhead-sockets';
/** Sockets and folders take none of it. */
export const mostBytes = 1024 * 1024;
/** Sockets, folders and files together. */
export const mostInodes = 4096;
const mountMs = 10_000;
/** util-linux; nothing is looked for on the caller's PATH, because these programs are run as root. */
const programs = { mount: ['/usr/bin/mount', '/bin/mount'], umount: ['/usr/bin/umount', '/bin/umount'] };

/** Whether one is mounted now; false where this process or this machine can't do it. The folder must be opened anew. */
export async function mountSmall(folder: HeldFolder): Promise<boolean> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  const options = `size=${mostBytes},nr_inodes=${mostInodes},mode=0700,nosuid,nodev,noexec`;
  const words = ['-c', '-t', 'tmpfs', '-o', options, mountSource, folder.pathForOthers];
  return await system('mount', words);
}

/**
 * Unmounts what {@link mountSmall} has mounted on an entry of the folder, at once for this process and as soon as nobody
 * uses it any more for everybody. Does nothing to another mount, and where none is.
 */
export async function unmountOwn(parent: HeldFolder, name: EntryName): Promise<void> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0 || parent.mountId === undefined) return;
  const descriptor = await open(parent.at(name), 0o10000000 | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (descriptor === undefined) return;
  try {
    const mountId = mountIdOf(descriptor.fd);
    if (mountId === undefined || isSameMount(mountId, parent.mountId)) return;
    if (!(await isOwnMount(mountId))) return;
    await system('umount', ['-c', '-l', `/proc/${process.pid}/fd/${descriptor.fd}`]);
  } finally {
    await descriptor.close();
  }
}

/** proc(5): mountinfo begins with the id; behind ` - ` are type and source. */
async function isOwnMount(mountId: string): Promise<boolean> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const line = lines.find((each) => each.startsWith(`${mountId} `));
  return line?.includes(` - tmpfs ${mountSource} `) === true;
}

async function system(name: keyof typeof programs, words: readonly string[]): Promise<boolean> {
  for (const program of programs[name]) {
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    // The program's texts are not needed: without the mount the folder is a plain one.
    return await run(program, words, { timeout: mountMs, env: {}, cwd: '/' }).then(
      () => true,
      () => false,
    );
  }
  return false;
}
