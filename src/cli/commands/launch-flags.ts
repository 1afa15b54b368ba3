import type { MatrixCell } from '../../compatibility/index.ts';
import type { LaunchOptions } from '../../container/index.ts';
import type { MatrixLaunch } from '../../matrix/index.ts';
import {
  bytes,
  liftable,
  optionalChoice,
  text,
  texts,
  toggle,
  toWhole,
  whole,
  type FlagValues,
} from '../flags.ts';
import { UsageError } from '../usage-error.ts';
import { engineFlag } from './engine-flag.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';

/** How a plugin is spoken to, and what it is given, whatever it runs in. */
export const optionalLaunchFlags = {
  cookie: text('KEY=VALUE', 'the magic cookie of the plugin, without which it refuses to run'),
  type: optionalChoice(
    ['auth', 'secret', 'database'],
    "in place of -cookie: the plugin is one of Vault's of this type",
  ),
  protocol_version: texts('N', 'application protocol version that is offered; default 1'),
  args: texts('ARG', "argument for the plugin, in place of the image's own"),
  env: texts('NAME=VALUE', 'variable for the plugin'),
  tmpfs: texts('PATH', 'writable place in memory, of 64 MiB'),
  workdir: text('PATH', 'working directory in the container'),
  no_mtls: toggle('without mutual TLS'),
  socket_directory: socketDirectoryFlag,
};

/** How a plugin is launched that is in no catalog. */
export const launchFlags = {
  ...optionalLaunchFlags,
  oci_runtime: text('NAME', 'OCI runtime; default runsc', { alias: 'runtime' }),
  user: text('UID:GID', "overrides the image's user"),
  mlock: toggle('the plugin may lock its memory'),
  memory_bytes: liftable(
    bytes('N', 'limit of memory, also as 256M, or unlimited; default 1G where it is enforced'),
  ),
  pids_limit: liftable(whole('N', 'limit of processes, or unlimited; default 512 where it is enforced')),
  cpu_nanos: whole('N', 'limit of CPU, in billionths of a core'),
  require_non_root: toggle('refuses a plugin that is root in its container, or could become it'),
  seccomp: optionalChoice(
    ['unconfined'],
    "in place of the engine's profile, without which a plugin is refused",
  ),
  engine: engineFlag,
};

/** Whether the flags say how to speak to an image; otherwise a registered plugin is meant. */
export function isImage({ cookie, type }: Pick<FlagValues<typeof launchFlags>, 'cookie' | 'type'>): boolean {
  return cookie !== undefined || type !== undefined;
}

/** @throws UsageError */
export async function launchOptions(
  image: string,
  flags: FlagValues<typeof launchFlags>,
): Promise<LaunchOptions> {
  const { memoryLockEnv, ...launch } = await commonOptions(flags);
  return {
    ...launch,
    image,
    env: { ...(flags.mlock && memoryLockEnv), ...launch.env },
    runtime: flags.oci_runtime,
    user: flags.user,
    mlock: flags.mlock,
    memoryBytes: flags.memory_bytes,
    pidsLimit: flags.pids_limit,
    requireNonRoot: flags.require_non_root,
    seccomp: flags.seccomp,
    cpuNanos: flags.cpu_nanos,
  };
}

/** What a plugin is given to make it lock its memory. */
export const lockingFlags = {
  mlock_args: texts(
    'ARG',
    'with -live: further argument in cells with mlock, that makes the plugin lock its memory',
  ),
  mlock_env: texts(
    'NAME=VALUE',
    'with -live: the same as a variable; VAULT_PLUGIN_MLOCK_ENABLED=true is always given',
  ),
};

/** The same for a matrix, whose cells say in what they run. @throws UsageError */
export async function matrixLaunch(
  flags: FlagValues<typeof optionalLaunchFlags> & FlagValues<typeof lockingFlags>,
): Promise<(cell: MatrixCell) => MatrixLaunch> {
  const { memoryLockEnv: _set, ...launch } = await commonOptions(flags); // by the matrix itself
  const env = {
    ...launch.env,
    ...Object.fromEntries(flags.mlock_env.map((entry) => pair('-mlock_env', entry))),
  };
  const args = [...flags.args, ...flags.mlock_args];
  const locking: MatrixLaunch = { ...launch, env, ...(args.length > 0 && { args }) };
  return ({ mlock }) => (mlock ? locking : launch);
}

async function commonOptions(flags: FlagValues<typeof optionalLaunchFlags>) {
  const kind = await kindOf(flags);
  const versions = flags.protocol_version.map((version) => toWhole(version, '-protocol_version'));
  return {
    handshake: kind.handshake,
    protocolVersions: versions.length > 0 ? versions : kind.protocolVersions,
    memoryLockEnv: kind.memoryLockEnv,
    autoMtls: !flags.no_mtls,
    ...(flags.args.length > 0 && { args: flags.args }),
    workingDirectory: flags.workdir,
    env: { ...kind.env, ...Object.fromEntries(flags.env.map((entry) => pair('-env', entry))) },
    tmpfs: flags.tmpfs.map((path) => ({ path })),
    socketDirectory: flags.socket_directory,
  };
}

async function kindOf({ cookie, type }: FlagValues<typeof optionalLaunchFlags>): Promise<Kind> {
  if (cookie !== undefined && type !== undefined) {
    throw new UsageError('-type already implies the cookie: give either -type or -cookie');
  }
  if (type !== undefined) return (await import('../../kinds/vault/kinds.ts')).vaultKinds[type];
  if (cookie === undefined) {
    throw new UsageError(
      "-cookie=KEY=VALUE is needed to start an image (or -type, if it is one of Vault's plugins)",
    );
  }
  const [magicCookieKey, magicCookieValue] = pair('-cookie', cookie);
  return { handshake: { magicCookieKey, magicCookieValue }, protocolVersions: [1] };
}

interface Kind {
  readonly handshake: LaunchOptions['handshake'];
  readonly protocolVersions: readonly number[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly memoryLockEnv?: Readonly<Record<string, string>> | undefined;
}

/** @throws UsageError */
export function pair(flag: string, given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new UsageError(`${flag} takes NAME=VALUE`);
  return [given.slice(0, at), given.slice(at + 1)];
}
