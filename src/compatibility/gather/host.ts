import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { findExecutable, programFolders } from '../../linux/find-executable.ts';
import { isOwnedFolder } from '../../linux/owned-name.ts';
import { bytesBelow } from '../../linux/socket-depth.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { hostArchitecture } from '../../program/architecture.ts';
import { onlyShellsExpand } from '../../settings/user-path.ts';
import { checkGathering } from '../compatibility-checks.ts';
import { known, unknown, type Fact } from '../fact.ts';
import { unusedGroupId } from '../group-ids.ts';
import type { HostFacts, SocketFolderFacts } from '../host-facts.ts';
import { mountOf, readMounts } from './mounts.ts';
import { containerMark } from './own-container.ts';

/** Names of emulators in binfmt_misc, which are QEMU's names. */
const emulatorNames: Readonly<Record<string, string>> = {
  'qemu-x86_64': 'amd64',
  'qemu-aarch64': 'arm64',
  'qemu-arm': 'arm',
  'qemu-ppc64le': 'ppc64le',
  'qemu-riscv64': 'riscv64',
  'qemu-s390x': 's390x',
};

export interface HostGathering {
  /** Folder for socket directories. Default: the system's temporary folder. */
  readonly socketDirectory?: string | undefined;
  /**
   * Whether the folders of plugins are made in a folder that a host makes there first, as `PluginHost` does. Default true;
   * `launchPlugin` makes them in the folder itself.
   */
  readonly ownedFolder?: boolean | undefined;
}

/** Looks at this machine and this process, without asking an engine. Takes some milliseconds. */
export async function gatherHostFacts(options: HostGathering = {}): Promise<HostFacts> {
  checkGathering('gatherHostFacts', options);
  const { path } = await programFolders(process.env['PATH']);
  const [group, passwd, setfacl, emulated, podmanRuntimes, container, socketFolder] = await Promise.all([
    readFile('/etc/group', 'utf8').catch(() => ''),
    readFile('/etc/passwd', 'utf8').catch(() => ''),
    findExecutable('setfacl', path),
    emulatedArchitectures(),
    runtimesForPodman(path),
    ownContainer(),
    gatherSocketFolder(
      resolve(options.socketDirectory ?? temporaryFolder()),
      bytesBelow({ ownedFolder: options.ownedFolder ?? true }),
    ),
  ]);
  return {
    platform: known(platform(), 'process.platform'),
    kernel: known(release(), 'uname'),
    architecture: known(hostArchitecture(), 'process.arch'),
    emulated,
    uid: known(process.geteuid?.() ?? 0, 'geteuid'),
    gid: known(process.getegid?.() ?? 0, 'getegid'),
    unusedGid: known(unusedGroupId(group, passwd), '/etc/group, /etc/passwd'),
    setfacl: known(setfacl !== undefined, setfacl ?? `PATH ${path}`),
    podmanRuntimes,
    container,
    socketFolder,
  };
}

/**
 * Lists the emulated architectures. Only emulators that are opened beforehand (flag F) work in a container, which has
 * no such file.
 */
async function emulatedArchitectures(): Promise<Fact<readonly string[]>> {
  const folder = '/proc/sys/fs/binfmt_misc';
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const architecture = emulatorNames[name];
    if (architecture === undefined) continue;
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (text.startsWith('enabled') && /^flags: .*F/m.test(text)) found.push(architecture);
  }
  return known(found, folder);
}

async function ownContainer(): Promise<Fact<string>> {
  const mark = await containerMark(await readMounts('/proc/self'));
  return known(mark ?? '', mark ?? '/proc/self/mountinfo, /.dockerenv, /run/.containerenv');
}

async function runtimesForPodman(path: string): Promise<Fact<readonly string[]>> {
  const podman = await findExecutable('podman', path);
  if (podman === undefined) return known([], 'podman is not installed');
  const names = ['runc', 'crun', 'runsc'];
  const programs = await Promise.all(names.map((name) => findExecutable(name, path)));
  return known(
    names.filter((_, index) => programs[index] !== undefined),
    [podman, ...programs.filter((program) => program !== undefined)].join(', '),
  );
}

/** Types of file systems whose ACLs are on unless they are mounted with `noacl`. */
const withAcls = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs', 'jfs'];
const withoutAcls = ['vfat', 'exfat', 'ntfs', 'ntfs3', '9p', 'iso9660', 'hfsplus', 'virtiofs'];

async function gatherSocketFolder(path: string, room: number): Promise<SocketFolderFacts> {
  const mount = await mountOf(path);
  const writable = await access(path, constants.W_OK | constants.X_OK).then(
    () => known(true, path),
    (error: unknown) =>
      known(false, `${path}: ${(error as NodeJS.ErrnoException).code ?? ''}${tildeIn(path)}`),
  );
  const closedTo = await closedFolder(path);
  if (mount === undefined) {
    const reason = unknown('/proc/self/mountinfo does not tell');
    return {
      path,
      bytesBelow: room,
      writable,
      fileSystem: reason,
      acl: reason,
      mountOptions: reason,
      closedTo,
    };
  }
  const { type, options, evidence } = mount;
  return {
    path,
    bytesBelow: room,
    writable,
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
    closedTo,
  };
}

/** Explains a path that `TMPDIR` begins with `~` has led to, where no shell wrote the variable. */
function tildeIn(path: string): string {
  return path.split('/').includes('~') ? `; ${onlyShellsExpand}` : '';
}

async function closedFolder(path: string): Promise<Fact<string>> {
  const way = [path];
  while (way[0] !== undefined && dirname(way[0]) !== way[0]) way.unshift(dirname(way[0]));
  try {
    for (const folder of way) {
      const { mode, uid } = await stat(folder);
      // A folder that a host has made is open to the group of the engine for which it was made.
      const opened = isOwnedFolder(folder) && uid === process.geteuid?.() && (mode & 0o010) !== 0;
      if ((mode & 0o001) === 0 && !opened) return known(folder, `mode 0${(mode & 0o7777).toString(8)}`);
    }
  } catch (error) {
    return unknown((error as Error).message);
  }
  return known('', 'modes of all folders on the way');
}
