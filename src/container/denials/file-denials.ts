/** Files that a plugin can't write, make or execute. */
import { posix } from 'node:path';
import { isBelow, pathIn, temporaryFolders, tmpfsOf, type Denial, type Given } from './denial.ts';

/** Folders whose contents programs need, so that an empty file system can't cover them. */
const neededFolders = [
  '/',
  '/bin',
  '/etc',
  '/lib',
  '/lib64',
  '/opt',
  '/root',
  '/sbin',
  '/usr',
  '/usr/bin',
  '/usr/lib',
];
/** Folders of the kernel, which containers can't write to, whatever they are allowed. */
const kernelFolders = ['/proc', '/sys'];

const readOnly: Denial = {
  words: /read-only file system|\bEROFS\b|ReadOnlyFilesystem/i,
  hint(line, given, found) {
    if (!given.readOnlyRoot) return undefined;
    const path = pathIn(line, found);
    if (path === undefined) {
      return 'The root file system is read-only: mount a writable place with `tmpfs`, or allow the plugin to write with `readOnlyRootFilesystem: false`.';
    }
    if (kernelFolders.some((folder) => isBelow(path, folder)) || tmpfsOf(path, given) !== undefined) {
      return undefined;
    }
    const folder = placeFor(path, given);
    return folder === undefined
      ? 'The root file system is read-only: let the plugin write elsewhere, to a place that `tmpfs` makes, or allow it to write there with `readOnlyRootFilesystem: false`.'
      : `The root file system is read-only: mount a writable place with \`tmpfs: [{ path: '${folder}' }]\`, or allow the plugin to write with \`readOnlyRootFilesystem: false\`.`;
  },
};

/** Go, Python, Node.js, Java and mktemp say that a temporary file can't be made where its folder is not there. */
const noTemporaryFolder: Denial = {
  words:
    /no such file or directory|\bENOENT\b|NoSuchFileException|no usable temporary directory|can't create temp/i,
  hint(line, given, found) {
    const missing = temporaryFolders.filter((folder) => given.temporary[folder] === 'absent');
    const path = pathIn(line, found);
    const folder = missing.find((each) =>
      path === undefined ? isAboutTemporary(found) : isBelow(path, each),
    );
    if (folder === undefined) return undefined;
    return `The image has no ${folder}: mount a writable one with \`tmpfs: [{ path: '${folder}' }]\`.`;
  },
};

const closedTemporaryFolder: Denial = {
  words: /permission denied|\bEACCES\b|AccessDeniedException|no usable temporary directory/i,
  hint(line, given, found) {
    const closed = temporaryFolders.filter((folder) => given.temporary[folder] === 'not writable');
    const path = pathIn(line, found);
    const folder = closed.find((each) =>
      path === undefined ? isAboutTemporary(found) : posix.dirname(path) === each,
    );
    if (folder === undefined) return undefined;
    return `The user of the plugin may not write to ${folder} of the image: mount a writable one with \`tmpfs: [{ path: '${folder}' }]\`.`;
  },
};

/** What is executed, or loaded as code, from a tmpfs, which is mounted without that unless it is asked for. */
const notExecutable: Denial = {
  words: /failed to map segment from shared object|permission denied|\bEACCES\b/i,
  hint(line, given, found) {
    const path = pathIn(line, found);
    const tmpfs = path === undefined ? undefined : tmpfsOf(path, given);
    if (path === undefined || tmpfs === undefined || tmpfs.exec === true || path === tmpfs.path)
      return undefined;
    const isRefusedOtherwise =
      /\b(?:open|creat\w*|read|write|mkdir|unlink|touch|cat|rename|listen|bind)\b/i.test(line);
    if (isRefusedOtherwise && !/shared object/i.test(line)) return undefined;
    return `Nothing in the tmpfs at ${tmpfs.path} can be executed: allow that with \`tmpfs: [{ path: '${tmpfs.path}', exec: true }]\`, or put the program into the image.`;
  },
};

const full: Denial = {
  // inotify reports its own limits of the host with the same error.
  words: /no space left on device|\bENOSPC\b|StorageFull/i,
  hint(line, given, found) {
    if (/inotify|watchers/i.test(line)) return undefined;
    const path = pathIn(line, found);
    const [only] = given.tmpfs;
    const tmpfs =
      path !== undefined
        ? tmpfsOf(path, given)
        : given.readOnlyRoot && given.tmpfs.length === 1
          ? only
          : undefined;
    if (tmpfs === undefined || tmpfs.sizeBytes === 'unlimited') return undefined;
    const bytes = tmpfs.sizeBytes ?? 64 << 20;
    return `The tmpfs at ${tmpfs.path} holds ${bytes} bytes, and is full: give it more with \`tmpfs: [{ path: '${tmpfs.path}', sizeBytes: ${bytes * 4} }]\`, which counts as memory of the plugin.`;
  },
};

export const fileDenials: readonly Denial[] = [
  readOnly,
  noTemporaryFolder,
  notExecutable,
  closedTemporaryFolder,
  full,
];

function isAboutTemporary([words]: RegExpExecArray): boolean {
  return /temp/i.test(words);
}

/**
 * The folder to be made writable for a path. `undefined` where an empty one would hide what the plugin needs, such as
 * its own program.
 */
function placeFor(path: string, { programs }: Given): string | undefined {
  const temporary = temporaryFolders.find((folder) => isBelow(path, folder));
  if (temporary !== undefined) return temporary;
  const parent = posix.dirname(path);
  const folder = parent === '/' ? path : parent;
  return neededFolders.includes(folder) || programs.some((each) => each !== path && isBelow(each, folder))
    ? undefined
    : folder;
}
