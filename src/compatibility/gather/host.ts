import { readdir, readFile } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { join, resolve } from 'node:path';
import { findExecutable, programFolders } from '../../linux/find-executable.ts';
import { bytesBelow } from '../../linux/socket-depth.ts';
import { temporaryFolder } from '../../linux/standard-folders.ts';
import { hostArchitecture } from '../../program/architecture.ts';
import { checkGathering } from '../compatibility-checks.ts';
import { isKnown, known, type Fact } from '../fact.ts';
import { unusedGroupId } from '../group-ids.ts';
import type { HostFacts } from '../host-facts.ts';
import { readMounts } from './mounts.ts';
import { containerMark } from './own-container.ts';
import { gatherSelinux } from './selinux.ts';
import { gatherSocketFolder } from './socket-folder.ts';
import { gatherUserNamespaces } from './user-namespaces.ts';

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
  return hostFactsWith(options, await gatherPrograms());
}

/** These facts are found by looking for programs of this machine: that takes longest, and they change when one is installed. */
export interface HostPrograms extends Pick<
  HostFacts,
  'setfacl' | 'podmanRuntimes' | 'container' | 'userNamespaces'
> {
  /** Folders that only root and this user can change, as the value of a PATH. */
  readonly path: string;
}

export async function gatherPrograms(): Promise<HostPrograms> {
  const { path } = await programFolders(process.env['PATH']);
  const [setfacl, podmanRuntimes, container, userNamespaces] = await Promise.all([
    findExecutable('setfacl', path),
    runtimesForPodman(path),
    ownContainer(),
    gatherUserNamespaces(path),
  ]);
  return {
    path,
    setfacl: known(setfacl !== undefined, setfacl ?? `PATH ${path}`),
    podmanRuntimes,
    container,
    userNamespaces,
  };
}

/** Gathers the same facts as `gatherHostFacts`. @param programs those that were found, now or earlier */
export async function hostFactsWith(
  options: HostGathering,
  { path, setfacl, podmanRuntimes, container, userNamespaces }: HostPrograms,
): Promise<HostFacts> {
  const [group, passwd, emulated, [selinux, socketFolder]] = await Promise.all([
    readFile('/etc/group', 'utf8').catch(() => ''),
    readFile('/etc/passwd', 'utf8').catch(() => ''),
    emulatedArchitectures(),
    labelledFolder(options, path),
  ]);
  return {
    platform: known(platform(), 'process.platform'),
    kernel: known(release(), 'uname'),
    architecture: known(hostArchitecture(), 'process.arch'),
    emulated,
    uid: known(process.geteuid?.() ?? 0, 'geteuid'),
    gid: known(process.getegid?.() ?? 0, 'getegid'),
    unusedGid: known(unusedGroupId(group, passwd), '/etc/group, /etc/passwd'),
    setfacl,
    podmanRuntimes,
    container,
    selinux,
    userNamespaces,
    socketFolder,
  };
}

/** Looks at the folder for sockets, whose label counts where SELinux is on. */
async function labelledFolder(
  { socketDirectory = temporaryFolder(), ownedFolder = true }: HostGathering,
  path: string,
): Promise<readonly [HostFacts['selinux'], HostFacts['socketFolder']]> {
  const selinux = await gatherSelinux({ programs: path });
  const isLabelled = !(isKnown(selinux.mode) && selinux.mode.value === 'off');
  const contextsBy = isLabelled ? path : undefined;
  const below = bytesBelow({ ownedFolder });
  return [selinux, await gatherSocketFolder(resolve(socketDirectory), below, { contextsBy })];
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
