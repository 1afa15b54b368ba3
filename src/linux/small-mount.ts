/**
 * Mounts a small file system in memory on one folder, so that what a container writes there is bounded in bytes and in
 * number, and so that no set-user-id bit, device or program in it has an effect. Only root can mount one. Node has no
 * mount(2), so the system's own programs do it.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { errnoOf, isSameMount, mountIdOf, type EntryName, type HeldFolder } from './held-folder.ts';

/** Source of such mounts in the list of mounts, by which those of a host that was killed are recognised. */
const mountSource = 'bulkhead-sockets';
/** Size in bytes. Sockets and folders take none of it. */
export const mostBytes = 1024 * 1024;
/** Most sockets, folders and files together. */
export const mostInodes = 4096;
const mountMs = 10_000;
/** Most mounts that one run of the program unmounts. */
const mostTogether = 64;
/** Programs of util-linux. They are run as root, so nothing is looked for on the caller's PATH. */
const programs = { mount: ['/usr/bin/mount', '/bin/mount'], umount: ['/usr/bin/umount', '/bin/umount'] };

/**
 * Mounts one on the folder, which must then be opened anew. Resolves to false where this process or machine can't do
 * it.
 */
export async function mountSmall(folder: HeldFolder): Promise<boolean> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  const options = `size=${mostBytes},nr_inodes=${mostInodes},mode=0700,nosuid,nodev,noexec`;
  const words = ['-c', '-t', 'tmpfs', '-o', options, mountSource, folder.pathForOthers];
  return await system('mount', words);
}

/**
 * Unmounts what {@link mountSmall} has mounted on an entry of the folder: at once for this process, and for everybody
 * else as soon as nobody uses it any more. Does nothing where there is another mount or none.
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
    await unmount(`/proc/${process.pid}/fd/${descriptor.fd}`);
  } finally {
    await descriptor.close();
  }
}

/** Whether the mount is one of ours. A line of mountinfo begins with the id; type and source follow ` - ` (proc(5)). */
async function isOwnMount(mountId: string): Promise<boolean> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const line = lines.find((each) => each.startsWith(`${mountId} `));
  return line?.includes(` - tmpfs ${mountSource} `) === true;
}

/** What is to be unmounted by the next run of the program. */
const waiting: { readonly path: string; readonly done: () => void }[] = [];
let isUnmounting = false;

/**
 * Unmounts, in one run of the program with all that waits by then: to start a program takes longer than what it does, and
 * many plugins may end at the same time.
 */
function unmount(path: string): Promise<void> {
  const unmounted = new Promise<void>((done) => waiting.push({ path, done }));
  if (!isUnmounting) void unmountWaiting();
  return unmounted;
}

async function unmountWaiting(): Promise<void> {
  isUnmounting = true;
  while (waiting.length > 0) {
    const together = waiting.splice(0, mostTogether);
    await system('umount', ['-c', '-l', ...together.map((each) => each.path)]);
    for (const { done } of together) done();
  }
  isUnmounting = false;
}

async function system(name: keyof typeof programs, words: readonly string[]): Promise<boolean> {
  for (const program of programs[name]) {
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    // The output of the program is not needed: without the mount the folder is a plain one.
    if (isThere) return await succeeds(program, words).catch(() => false); // there may be no memory for a process
  }
  return false;
}

function succeeds(program: string, words: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { timeout: mountMs, env: {}, cwd: '/', stdio: 'ignore' });
    child.once('error', () => {
      resolve(false);
    });
    child.once('exit', (code) => {
      resolve(code === 0);
    });
  });
}
