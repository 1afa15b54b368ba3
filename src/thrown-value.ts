/** Reads what a thrown value says about itself. Nothing here throws, whatever the value is. */
import { types } from 'node:util';

/** What to do about a file or folder that the system refuses, by the name of the system's error. */
const fileHints: Readonly<Record<string, string>> = {
  ENOENT: 'Check whether the path is right.',
  ENOTDIR: 'Check whether the path is right: a part of it is a file.',
  EISDIR: 'Name a file: this is a folder.',
  EACCES: 'Choose another place, or run as a user who may use this one.',
  EPERM: 'Choose another place, or run as a user who may use this one.',
  EROFS: 'Choose a place on a file system that can be written.',
  ENOSPC: 'Make room on that file system, or choose another place.',
  EDQUOT: 'Make room within the quota of this user, or choose another place.',
  ELOOP: 'Name the file itself: the links on the way to it lead in a circle.',
  EXDEV: 'Choose a place on the same file system.',
  EEXIST: 'Choose another name: there is something of this name already.',
  ENAMETOOLONG: 'Choose a shorter name or path.',
  EFBIG: 'Choose a file system that takes files of this size, or raise the limit (ulimit -f).',
  ETXTBSY: 'Choose another name: the program in this file is running.',
  EBUSY: 'Choose another place, or try again when nothing uses this one.',
  EIO: 'The device has failed: look at the log of the kernel, and choose another place.',
  ENXIO: 'Nobody reads or has this device or pipe: name a file.',
};

/** Errors that the system also reports without a path, when it is about a file that is open. */
const ofOpenFiles: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO'];

const otherHints: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of open files of this process (ulimit -n), or do less at a time.',
  ENFILE: 'This machine has no open files left: end what holds many.',
  ENOMEM: 'This machine has no memory left for it: end something, or give it more.',
  EAGAIN: 'A limit of processes or memory is reached: raise it (ulimit -u), or do less at a time.',
};

/** Says what to do about a file or folder that the system refuses. @param name name of the error, such as `ENOENT` */
export function fileHintOf(name: string): string | undefined {
  return fileHints[name] ?? otherHints[name];
}

/** Says the same for what was thrown, if it is an error of the system. */
export function fileHintFor(thrown: unknown): string | undefined {
  const name = systemErrorName(thrown);
  return name === undefined ? undefined : fileHintOf(name);
}

/** The system's reason for an error, such as `permission denied (EACCES)`; `undefined` for any other value. */
export function systemReason(thrown: unknown): string | undefined {
  const name = systemErrorName(thrown);
  if (name === undefined) return undefined;
  const [reason = ''] = messageOf(thrown)
    .replace(/^[A-Z0-9]+: /, '')
    .split(', ');
  return `${reason} (${name})`;
}

export interface ThrownValue {
  readonly code: 'FILE_UNUSABLE' | 'SYSTEM_ERROR' | 'INTERNAL';
  readonly message: string;
  readonly hint: string | undefined;
}

/** Returns the code, message and hint for a value that is not an error of this package. */
export function readThrown(value: unknown): ThrownValue {
  const message = messageOf(value);
  const name = systemErrorName(value);
  if (name === undefined) return { code: 'INTERNAL', message, hint: undefined };
  const isOfFile = typeof property(value, 'path') === 'string' && !isOfProgram(value);
  return isOfFile
    ? { code: 'FILE_UNUSABLE', message, hint: fileHintOf(name) }
    : {
        code: 'SYSTEM_ERROR',
        message,
        hint: ofOpenFiles.includes(name) ? fileHints[name] : otherHints[name],
      };
}

/** Returns the message of an error, or the text of anything else that was thrown. */
export function messageOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = isObject(value) ? property(value, 'message') : undefined;
  if (typeof message === 'string') return message;
  try {
    return String(value);
  } catch {
    return `a value of type ${typeof value} was thrown`;
  }
}

/** Returns the name of the system's error, such as `ENOENT`; `undefined` for any other value. */
function systemErrorName(value: unknown): string | undefined {
  if (!types.isNativeError(value)) return undefined;
  const code = property(value, 'code');
  return typeof code === 'string' &&
    /^E[A-Z0-9]+$/.test(code) &&
    typeof property(value, 'syscall') === 'string'
    ? code
    : undefined;
}

/** Whether the error is about a program that could not be started, which has a path as well. */
function isOfProgram(value: unknown): boolean {
  return String(property(value, 'syscall')).startsWith('spawn');
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Reads a property, where a getter or a proxy may throw, or the value has none. */
export function property(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
