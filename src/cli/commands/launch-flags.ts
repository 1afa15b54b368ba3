import type { MatrixCell } from '../../compatibility/index.ts';
import type { LaunchOptions, PlannedOptions } from '../../container/index.ts';
import type { MatrixLaunch } from '../../matrix/index.ts';
import { optionalChoice, text, texts, toggle, toWhole, type FlagValues } from '../flags.ts';
import { placesOf, takenForRegistered } from '../registered-flags.ts';
import { UsageError } from '../usage-error.ts';
import { openCatalogs, type CatalogDirectory } from './directory.ts';
import { kindFlag } from './kind/kind-words.ts';
import { engineFlag } from './engine-flag.ts';
import { settingFlags, settingsOf, type SettingFlags } from './setting-flags.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';

/** Flags for how to talk to a plugin, and what to give it. */
const pluginFlags = {
  cookie: text('KEY=VALUE', 'the magic cookie of the plugin, without which it refuses to run'),
  type: kindFlag('in place of -cookie: the plugin is of this kind; plugin kind list shows the kinds'),
  protocol_version: texts('N', "application protocol version that is offered; default: the kind's, or 1"),
  entrypoint: text('PROGRAM', "in place of the image's entrypoint"),
  args: texts('ARG', "argument for the plugin, in place of the image's own"),
  env: texts('NAME=VALUE', 'variable for the plugin'),
  no_mtls: toggle('without mutual TLS'),
  broker_multiplex: toggle('brokered connections travel in the main one (go-plugin 1.6)'),
};

/** The flags that apply to all cells of a matrix. */
export const matrixLaunchFlags = {
  ...pluginFlags,
  ...withoutUser(settingFlags),
  socket_directory: socketDirectoryFlag,
};

/** The one set of launch flags, used by every command that launches a plugin or says what a launch would do. */
export const launchFlags = {
  ...pluginFlags,
  oci_runtime: text('NAME', 'OCI runtime; default runsc', { alias: 'runtime' }),
  mlock: toggle('the plugin may lock its memory', { alias: 'memory_lock' }),
  ...settingFlags,
  override: optionalChoice(
    ['unknown', 'refused'],
    'launch although it is not known whether it works, or known that it does not',
  ),
  engine: engineFlag,
  socket_directory: socketDirectoryFlag,
};

export type LaunchFlags = FlagValues<typeof launchFlags>;

/** Leaves out the user, which is a dimension of the matrix. */
export function withoutUser({ user: _user, ...flags }: SettingFlags): Omit<SettingFlags, 'user'> {
  return flags;
}

/** Whether the flags say how to talk to an image; otherwise the argument names a registered plugin. */
export function isImage({ cookie, type }: Pick<LaunchFlags, 'cookie' | 'type'>): boolean {
  return cookie !== undefined || type !== undefined;
}

/**
 * Refuses flags that would change nothing: a registered plugin has the settings of its plugin runtime. @throws
 * UsageError
 */
export function refuseLaunchFlags(given: string, flags: LaunchFlags): void {
  registeredOverride(flags.override);
  const names = Object.keys(launchFlags).filter((name) => {
    if (takenForRegistered.some((taken) => taken === name)) return false;
    const value = (flags as Readonly<Record<string, unknown>>)[name];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
  if (names.length === 0) return;
  throw new UsageError(
    `${names.map((name) => `-${name}`).join(', ')}: ${given} is a registered plugin, which is launched as it and its plugin runtime are registered: it has ${placesOf(names)}`,
  );
}

/** The override for a plugin that is registered. @throws UsageError */
export function registeredOverride(override: LaunchFlags['override']): 'unknown' | undefined {
  if (override !== 'refused') return override;
  throw new UsageError(
    '-override=refused: of a registered plugin only what is unknown can be overridden, with -override=unknown',
  );
}

/** @throws UsageError */
export async function launchOptions(
  image: string,
  flags: LaunchFlags,
  directory: CatalogDirectory,
): Promise<LaunchOptions> {
  const { mlockEnv, ...launch } = await commonOptions(flags, directory);
  return {
    ...launch,
    ...containerOptions(image, flags),
    env: { ...(flags.mlock && mlockEnv), ...launch.env },
  };
}

/** The options that a launch is judged by. How to talk to the plugin is not among them. @throws UsageError */
export function containerOptions(image: string, flags: LaunchFlags): PlannedOptions {
  return {
    ...judgedOptions(flags),
    image,
    env: variablesOf(flags),
    runtime: flags.oci_runtime,
    mlock: flags.mlock,
    override: flags.override,
  };
}

/** Flags for what makes a plugin lock its memory. */
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

/** The launch options of a matrix, whose cells decide the rest. @throws UsageError */
export async function matrixLaunch(
  flags: FlagValues<typeof matrixLaunchFlags> & FlagValues<typeof lockingFlags>,
  directory: CatalogDirectory,
): Promise<(cell: MatrixCell) => MatrixLaunch> {
  const { mlockEnv: _set, ...launch } = await commonOptions(flags, directory); // the matrix itself sets it
  const env = {
    ...launch.env,
    ...Object.fromEntries(flags.mlock_env.map((entry) => pair('-mlock_env', entry))),
  };
  const args = [...flags.args, ...flags.mlock_args];
  const locking: MatrixLaunch = { ...launch, env, ...(args.length > 0 && { args }) };
  return ({ mlock }) => (mlock ? locking : launch);
}

type PluginFlags = FlagValues<typeof pluginFlags>;

async function commonOptions(flags: FlagValues<typeof matrixLaunchFlags>, directory: CatalogDirectory) {
  const kind = await kindOf(flags, directory);
  const versions = flags.protocol_version.map((version) => toWhole(version, '-protocol_version'));
  return {
    handshake: kind.handshake,
    protocolVersions: versions.length > 0 ? versions : kind.protocolVersions,
    mlockEnv: kind.mlockEnv,
    autoMtls: !flags.no_mtls,
    ...judgedOptions(flags),
    env: { ...kind.env, ...variablesOf(flags) },
  };
}

/** The options that a launch is judged by, without those in which the cells of a matrix differ. */
export function judgedOptions(flags: FlagValues<typeof matrixLaunchFlags>) {
  const { entrypoint, args, broker_multiplex: brokerMultiplex, socket_directory: folder } = flags;
  return {
    ...settingsOf(flags),
    ...(brokerMultiplex && { brokerMultiplex }),
    ...(entrypoint !== undefined && { entrypoint: [entrypoint] }),
    ...(args.length > 0 && { args }),
    socketDirectory: folder,
  };
}

function variablesOf({ env }: Pick<PluginFlags, 'env'>): Record<string, string> {
  return Object.fromEntries(env.map((entry) => pair('-env', entry)));
}

/** Returns how to speak to an image. @throws UsageError; InvalidOptionError for a kind that is not known */
export async function kindOf(
  { cookie, type }: Pick<PluginFlags, 'cookie' | 'type'>,
  directory: CatalogDirectory,
): Promise<Kind> {
  if (cookie !== undefined && type !== undefined) {
    throw new UsageError('-type already implies the cookie: give either -type or -cookie');
  }
  if (type !== undefined) {
    const [{ Kinds }, { vaultKinds }, { kinds }] = await Promise.all([
      import('../../host/internal.ts'),
      import('../../kinds/vault/kinds.ts'),
      openCatalogs(directory),
    ]);
    return new Kinds(vaultKinds, kinds).ofType(type);
  }
  if (cookie === undefined) {
    throw new UsageError(
      '-cookie=KEY=VALUE is needed to start an image (or -type, if it is of a known kind)',
    );
  }
  const [magicCookieKey, magicCookieValue] = pair('-cookie', cookie);
  return { handshake: { magicCookieKey, magicCookieValue }, protocolVersions: [1] };
}

interface Kind {
  readonly handshake: LaunchOptions['handshake'];
  readonly protocolVersions: readonly number[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly mlockEnv?: Readonly<Record<string, string>> | undefined;
}

/** @throws UsageError */
export function pair(flag: string, given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new UsageError(`${flag} takes NAME=VALUE`);
  return [given.slice(0, at), given.slice(at + 1)];
}
