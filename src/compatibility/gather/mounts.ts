import { readFileSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { readProcFile } from '../../linux/process-status.ts';

/** Longest list that is read. A line has some hundred bytes; a machine with many containers has thousands of lines. */
const longestList = 16 * 1024 * 1024;

export interface Mount {
  /** Number of the mount, which no other mount has at the same time, in whatever namespace. */
  readonly id: string;
  /** Device of the file system. */
  readonly device: string;
  /** Which folder of the file system is mounted. */
  readonly root: string;
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
  return exact ?? covering(mounts, real);
}

/** O_PATH: the file is named and not opened, which needs no permission and waits for nothing. */
const pathOnly = 0o10000000;

/** Asks the kernel which mount a file is on, proc_pid_fdinfo(5). */
async function mountIdOf(path: string): Promise<string | undefined> {
  await using file = await open(path, pathOnly);
  return /^mnt_id:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file.fd}`, 'utf8'))?.[1];
}

/** Returns the mount that a path without links is on: the last one that covers it is on top. */
export function covering<T extends Pick<Mount, 'point'>>(mounts: readonly T[], real: string): T | undefined {
  return mounts.findLast(({ point }) => below(point, real) !== undefined);
}

/** Returns the rest of a path below a folder, which is '' for the folder itself; `undefined` where it is elsewhere. */
export function below(folder: string, path: string): string | undefined {
  const start = folder === '/' ? '' : folder;
  if (path === folder) return '';
  return path.startsWith(`${start}/`) ? path.slice(start.length) : undefined;
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
    const [id = '', , device = '', root = '', point, own] = before.split(' ');
    const [type, , ofFileSystem = ''] = (after ?? '').split(' ');
    if (point === undefined || type === undefined || after === undefined) return [];
    const options = [...(own ?? '').split(','), ...ofFileSystem.split(',')];
    return [{ id, device, root: unescape(root), point: unescape(point), type, options, evidence: file }];
  });
}

/** Decodes a path: the kernel writes space, tab, newline and backslash as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
