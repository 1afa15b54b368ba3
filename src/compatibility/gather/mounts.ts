import { open, readFile, realpath } from 'node:fs/promises';
import { readProcFile } from '../../linux/process-status.ts';

/** Longest list that is read. A line has some hundred bytes; a machine with many containers has thousands of lines. */
const longestList = 16 * 1024 * 1024;

export interface Mount {
  readonly id: string;
  readonly point: string;
  readonly type: string;
  /** Options of the mount and of the file system. */
  readonly options: readonly string[];
  readonly evidence: string;
}

/** Returns the mount that `path` is on, as this process sees it. */
export async function mountOf(path: string): Promise<Mount | undefined> {
  const real = await realpath(path).catch(() => path);
  const mounts = await readMounts('/proc/self');
  const id = await mountIdOf(real).catch(() => undefined);
  const exact = mounts.find((mount) => mount.id === id);
  // Where the kernel does not say it, the last mount that covers the path is taken to be on top.
  return (
    exact ??
    mounts.findLast(({ point }) => real === point || real.startsWith(point === '/' ? '/' : `${point}/`))
  );
}

/** O_PATH: the file is named and not opened, which needs no permission and waits for nothing. */
const pathOnly = 0o10000000;

/** Asks the kernel which mount a file is on, proc_pid_fdinfo(5). */
async function mountIdOf(path: string): Promise<string | undefined> {
  await using file = await open(path, pathOnly);
  return /^mnt_id:\s+(\d+)/m.exec(await readFile(`/proc/self/fdinfo/${file.fd}`, 'utf8'))?.[1];
}

/**
 * Reads the mounts of a process or thread, lowest first, from `mountinfo` in its folder, proc_pid_mountinfo(5). Empty
 * when it can't be read.
 */
export async function readMounts(folder: string): Promise<Mount[]> {
  const file = `${folder}/mountinfo`;
  const text = await readProcFile(file, longestList);
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    const [id = '', , , , point, own] = before.split(' ');
    const [type, , ofFileSystem = ''] = (after ?? '').split(' ');
    if (point === undefined || type === undefined || after === undefined) return [];
    const options = [...(own ?? '').split(','), ...ofFileSystem.split(',')];
    return [{ id, point: unescape(point), type, options, evidence: file }];
  });
}

/** Decodes a path: the kernel writes space, tab, newline and backslash as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
