/** What hints about denied things are made from. A hint is given only for what this container was really denied. */
import type { TmpfsOptions } from '../../settings/container-settings.ts';

/** What the container of a plugin has, as it was planned and made. */
export interface Given {
  readonly engine: 'docker' | 'podman';
  readonly gvisor: boolean;
  /** The network mode; `none` for no network. */
  readonly network: string;
  readonly readOnlyRoot: boolean;
  readonly tmpfs: readonly TmpfsOptions[];
  /** Without `CAP_`. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Whether a seccomp profile filters system calls. */
  readonly seccomp: boolean;
  readonly memoryBytes: number | undefined;
  readonly pidsLimit: number | undefined;
  /** User id in the container; `undefined` where only a name is known. */
  readonly uid: number | undefined;
  /** Paths in the command: that of the program, and those among its arguments. */
  readonly programs: readonly string[];
  /** What was seen of the folders for temporary files in the container, by path. */
  readonly temporary: Readonly<Record<string, TemporaryFolder>>;
}

export type TemporaryFolder = 'absent' | 'not writable' | 'writable';

/** The folders in which programs make temporary files. */
export const temporaryFolders = ['/tmp', '/var/tmp'] as const;

/** One thing that a container is denied by default, and the words with which programs tell that they miss it. */
export interface Denial {
  readonly words: RegExp;
  /** Returns the hint, or `undefined` where this container has what the words are about. */
  readonly hint: (line: string, given: Given, found: RegExpExecArray) => string | undefined;
}

/** An absolute path as programs print it, with or without quotes. Parts of URLs are none. */
const anyPath = /(?<![\w.:/@%+=-])\/[\w.@%+=-]+(?:\/[\w.@%+=-]+)*/g;
/** Longer paths are not repeated in a hint. */
const longestPath = 200;

/** The path that a line tells about: the last one before the words, else the first one after them. */
export function pathIn(line: string, found: RegExpExecArray): string | undefined {
  const paths = [...line.matchAll(anyPath)].map((match) => ({ path: match[0], at: match.index }));
  const before = paths.filter(({ at }) => at < found.index).at(-1);
  const path = (before ?? paths.find(({ at }) => at >= found.index))?.path.replace(/\.$/, '');
  return path !== undefined && path.length <= longestPath ? path : undefined;
}

/** Whether the path is the folder, or in it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** The tmpfs of the container that the path is in. */
export function tmpfsOf(path: string, { tmpfs }: Given): TmpfsOptions | undefined {
  return tmpfs
    .filter((each) => isBelow(path, each.path))
    .sort((a, b) => b.path.length - a.path.length)
    .at(0);
}
