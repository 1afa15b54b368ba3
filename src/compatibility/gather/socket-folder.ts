import { access, constants, stat } from 'node:fs/promises';
import { isOwnedFolder } from '../../linux/owned-name.ts';
import { changeableOnTheWay } from '../../linux/trusted-parent.ts';
import { walkPath } from '../../linux/walk-path.ts';
import { onlyShellsExpand } from '../../settings/user-path.ts';
import { known, unknown, type Fact } from '../fact.ts';
import type { SocketFolderFacts } from '../host-facts.ts';
import { mountOf, type Mount } from './mounts.ts';
import { contextOfFolder } from './selinux.ts';

/** Types of file systems whose ACLs are on unless they are mounted with `noacl`. */
const withAcls = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs', 'jfs'];
const withoutAcls = ['vfat', 'exfat', 'ntfs', 'ntfs3', '9p', 'iso9660', 'hfsplus', 'virtiofs'];

/**
 * Looks at the folder for sockets. Nothing is made in it.
 *
 * @param options.contextsBy folders of the program that reads SELinux contexts; absent where SELinux is off
 */
export async function gatherSocketFolder(
  path: string,
  bytesBelow: number,
  { contextsBy }: { readonly contextsBy?: string | undefined } = {},
): Promise<SocketFolderFacts> {
  const [writable, changeable, closedTo, mount, context] = await Promise.all([
    writableFolder(path),
    changeableOnTheWay(path).then(
      (place) => known(place, 'owners and modes of everything on the way'),
      (error: unknown) => unknown((error as Error).message),
    ),
    closedFolder(path),
    mountOf(path),
    contextsBy === undefined ? undefined : contextOfFolder(path, contextsBy),
  ]);
  const folder = {
    ...{ path, bytesBelow, writable, changeable, closedTo },
    ...(context !== undefined && { context, canRelabel: canRelabel(mount) }),
  };
  if (mount === undefined) {
    const reason = unknown('/proc/self/mountinfo does not tell');
    return { ...folder, fileSystem: reason, acl: reason, mountOptions: reason };
  }
  const { type, options, evidence } = mount;
  return {
    ...folder,
    fileSystem: known(type, evidence),
    acl: withAcls.includes(type)
      ? known(!options.includes('noacl'), `${evidence}: ${type}`)
      : withoutAcls.includes(type)
        ? known(false, `${evidence}: ${type}`)
        : unknown(`it depends on the settings of ${type}`),
    mountOptions: known(
      options.filter((option) => ['noexec', 'nosuid', 'nodev', 'ro'].includes(option)),
      evidence,
    ),
  };
}

/** The kernel marks a mount whose files have SELinux contexts of their own, in the list of mounts. */
function canRelabel(mount: Mount | undefined): Fact<boolean> {
  return mount === undefined
    ? unknown('/proc/self/mountinfo does not tell')
    : known(mount.options.includes('seclabel'), `${mount.evidence}: seclabel`);
}

async function writableFolder(path: string): Promise<Fact<boolean>> {
  try {
    if (!(await stat(path)).isDirectory()) return known(false, `${path}: not a directory`);
    await access(path, constants.W_OK | constants.X_OK);
    return known(true, path);
  } catch (error) {
    return known(false, `${path}: ${(error as NodeJS.ErrnoException).code ?? ''}${tildeIn(path)}`);
  }
}

/** Explains a path that came of a variable such as `TMPDIR=~/x` which no shell has expanded. */
function tildeIn(path: string): string {
  return path.split('/').includes('~') ? `; ${onlyShellsExpand}` : '';
}

/** Finds the first folder on the way, through all links, that users other than its owner can't pass. */
async function closedFolder(path: string): Promise<Fact<string>> {
  let closed: Fact<string> | undefined;
  try {
    const { found } = await walkPath(path, {
      onPlace({ path: place, found: { mode, uid }, found: there }) {
        // A folder that a host has made is open to the group of the engine for which it was made.
        const opened = isOwnedFolder(place) && uid === process.geteuid?.() && (mode & 0o010) !== 0;
        if (there.isDirectory() && (mode & 0o001) === 0 && !opened)
          closed ??= known(place, `mode 0${(mode & 0o7777).toString(8)}`);
        return Promise.resolve();
      },
    });
    if (closed === undefined && found === undefined) return unknown(`${path} does not exist`);
  } catch (error) {
    return unknown((error as Error).message);
  }
  return closed ?? known('', 'modes of all folders on the way');
}
