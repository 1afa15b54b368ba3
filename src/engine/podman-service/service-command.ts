import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { needsPrivateCgroupView } from './cgroup-layout.ts';
import { findExecutable, programFolders, type ProgramFolders } from '../../linux/find-executable.ts';
import { folderVariable, variableOf } from '../../linux/standard-folders.ts';
import { installHint } from './install-hint.ts';
import type { PodmanServiceOptions } from './service-options.ts';
import { PodmanServiceError } from './service-error.ts';

export interface ServiceCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Builds the command that starts the service on this machine. @throws PodmanServiceError when a program is missing */
export async function buildServiceCommand(
  options: PodmanServiceOptions,
  environment: Readonly<Record<string, string | undefined>>,
  socketPath: string,
): Promise<ServiceCommand> {
  const folders = await programFolders(environment['PATH']);
  const { path } = folders;
  const podman = await findPodman(folders);
  const runtime = options.runtime === undefined ? undefined : await findRuntime(options.runtime, folders);
  const command = [
    podman,
    ...podmanArguments(options, runtime),
    'system',
    'service',
    '--time',
    '0',
    `unix://${socketPath}`,
  ];
  const [file = podman, ...args] = [
    ...(await endsWithItsParent(path)),
    ...(needsPrivateCgroupView(runtime) ? privateCgroupView : []),
    ...command,
  ];
  return { file, args, environment: serviceEnvironment(environment, path) };
}

function podmanArguments(options: PodmanServiceOptions, runtime: string | undefined): string[] {
  const { root, runRoot, tmpDir, runtimeFlags = defaultFlags(runtime) } = options;
  const hasSystemd = existsSync('/run/systemd/system'); // sd_booted(3)
  const cgroupManager = options.cgroupManager ?? (hasSystemd ? undefined : 'cgroupfs');
  return [
    // The service has another working directory.
    ...(root === undefined ? [] : ['--root', resolve(root)]),
    ...(runRoot === undefined ? [] : ['--runroot', resolve(runRoot)]),
    ...(tmpDir === undefined ? [] : ['--tmpdir', resolve(tmpDir)]),
    ...(cgroupManager === undefined ? [] : ['--cgroup-manager', cgroupManager]),
    ...(hasSystemd ? [] : ['--events-backend', 'file']), // otherwise it uses journald, which is not there
    ...(runtime === undefined ? [] : ['--runtime', runtime]),
    ...runtimeFlags.map((flag) => `--runtime-flag=${flag.replace(/^--/, '')}`),
  ];
}

/** gVisor shows a sandbox's sockets to the host only if told to, and has no network of its own in a container without one. */
function defaultFlags(runtime: string | undefined): readonly string[] {
  if (runtime === undefined || basename(runtime) !== 'runsc') return [];
  return ['host-uds=all', 'network=none', ...(process.geteuid?.() === 0 ? [] : ['ignore-cgroups'])];
}

/**
 * crun refuses a host that has cgroup v1 controllers and an empty cgroup v2 beside them, so it is shown the former
 * alone. What the host mounts later is visible inside as well.
 */
const privateCgroupView = [
  'unshare',
  '--mount',
  '--propagation',
  'slave',
  'sh',
  '-c',
  'umount -l /sys/fs/cgroup/unified; exec "$@"',
  'sh',
];

/** Lets the kernel end the service when this process is killed, because no exit handler runs then. */
async function endsWithItsParent(path: string): Promise<string[]> {
  const setpriv = await findExecutable('setpriv', path);
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM'];
}

async function findPodman(folders: ProgramFolders): Promise<string> {
  const podman = await findExecutable('podman', folders.path);
  if (podman !== undefined) return podman;
  throw new PodmanServiceError(
    'PODMAN_MISSING',
    `podman is not installed: it is neither on the PATH nor in a folder of the system${exceptions(folders)}`,
    {
      hint: await installHint('podman'),
    },
  );
}

async function findRuntime(runtime: string, folders: ProgramFolders): Promise<string> {
  const found = await findExecutable(runtime, folders.path);
  if (found !== undefined) return found;
  const where = runtime.startsWith('/')
    ? 'there is no such program'
    : `it is neither on the PATH nor in a folder of the system${exceptions(folders)}`;
  throw new PodmanServiceError(
    'PODMAN_RUNTIME_MISSING',
    `the runtime ${runtime} is not installed: ${where}`,
    {
      hint: await installHint(basename(runtime)),
    },
  );
}

function exceptions({ leftOut }: ProgramFolders): string {
  return leftOut.length === 0
    ? ''
    : ` (folders that somebody else can change are left out: ${leftOut.join(', ')})`;
}

/**
 * Variables that the service needs, and no others: Podman copies parts of its environment into containers. Their values
 * are passed on as they are; `folder`: only absolute paths, as the XDG Base Directory Specification asks; `file`: made
 * absolute, because the service has another working directory.
 */
const passedOn: readonly (readonly [name: string, value: 'text' | 'folder' | 'file'])[] = [
  ['HOME', 'folder'],
  ['USER', 'text'],
  ['LOGNAME', 'text'],
  ['XDG_RUNTIME_DIR', 'folder'],
  ['XDG_CONFIG_HOME', 'folder'],
  ['XDG_DATA_HOME', 'folder'],
  ['XDG_CACHE_HOME', 'folder'],
  ['DBUS_SESSION_BUS_ADDRESS', 'text'],
  ['CONTAINERS_CONF', 'file'],
  ['CONTAINERS_CONF_OVERRIDE', 'file'],
  ['CONTAINERS_STORAGE_CONF', 'file'],
  ['CONTAINERS_REGISTRIES_CONF', 'file'],
  ['STORAGE_DRIVER', 'text'],
  ['STORAGE_OPTS', 'text'],
  ['TMPDIR', 'file'],
];

function serviceEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
): Record<string, string> {
  const passed = passedOn.flatMap(([name, kind]) => {
    const value = (kind === 'folder' ? folderVariable : variableOf)(environment, name);
    if (value === undefined) return [];
    return [[name, kind === 'file' ? resolve(value) : value] as const];
  });
  return { ...Object.fromEntries(passed), PATH: path, PODMAN_IGNORE_CGROUPSV1_WARNING: '1' };
}
