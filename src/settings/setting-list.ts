/**
 * The one list of all container settings. It determines the flags of the command line, the fields of plugin runtimes,
 * the checks of options, which of a launch's options reach the create request, and the table in the documentation.
 */
import type { ContainerSettings, SettingName } from './container-settings.ts';
import type { Check } from './option-shape.ts';
import {
  absolutePath,
  capabilities,
  count,
  flag,
  liftable,
  settingText,
  tmpfs,
  ulimits,
  unconfined,
} from './setting-checks.ts';

/** How a value is written on the command line. */
export type SettingForm =
  | 'text'
  | 'count'
  | 'liftable-count'
  | 'liftable-bytes'
  /** The flag is given or not. */
  | 'toggle'
  /** The flag sets the value to false. */
  | 'lifted'
  /** Both `-x` and `-x=false` are accepted. */
  | 'yes-or-no'
  | 'unconfined'
  | 'texts'
  | 'tmpfs'
  | 'ulimits';

export interface SettingDefinition {
  readonly check: Check;
  readonly flag: {
    readonly name: string;
    readonly alias?: string;
    readonly form: SettingForm;
    /** Stands for the value in the help text. */
    readonly value?: string;
  };
  /** One line of help text. */
  readonly summary: string;
  /**
   * Who turns it into what the engine is asked for:
   * - passed: nobody; it goes to the engine under the same name and unchanged
   * - strategy: the verdict's strategy, from this setting and the facts
   * - rule: the engine is asked for nothing; a rule of that name refuses the launch
   */
  readonly by: { readonly kind: 'passed' | 'strategy' } | { readonly kind: 'rule'; readonly rule: string };
  /** What the engine is asked for when a setting that is passed on is left out. */
  readonly otherwise?: string | boolean;
  /** In the catalog 0 means that nothing is set, as in Vault. */
  readonly zeroIsNothing?: true;
}

const passed = { kind: 'passed' } as const;
const strategy = { kind: 'strategy' } as const;

export const settingList = {
  rootless: {
    check: flag,
    flag: { name: 'rootless', form: 'toggle' },
    summary: 'the engine must be a rootless one',
    by: { kind: 'rule', rule: 'rootless-engine' },
  },
  user: {
    check: settingText,
    flag: { name: 'user', form: 'text', value: 'UID:GID' },
    summary: "overrides the image's user",
    by: strategy,
  },
  requireNonRoot: {
    check: flag,
    flag: { name: 'require_non_root', form: 'toggle' },
    summary: 'refuses a plugin that is root in its container, or could become it',
    by: { kind: 'rule', rule: 'non-root' },
  },
  workingDirectory: {
    check: absolutePath,
    flag: { name: 'workdir', alias: 'working_directory', form: 'text', value: 'PATH' },
    summary: 'working directory in the container',
    by: passed,
  },
  network: {
    check: settingText,
    flag: { name: 'network', form: 'text', value: 'MODE' },
    summary: 'network of the container (default: none)',
    by: passed,
    otherwise: 'none',
  },
  readOnlyRootFilesystem: {
    check: flag,
    flag: { name: 'writable', form: 'lifted' },
    summary: 'a root file system that can be written to',
    by: passed,
    otherwise: true,
  },
  capAdd: {
    check: capabilities,
    flag: { name: 'cap_add', form: 'texts', value: 'NAME' },
    summary: 'capability that the plugin gets back',
    by: strategy,
  },
  noNewPrivileges: {
    check: flag,
    flag: { name: 'no_new_privileges', form: 'yes-or-no' },
    summary:
      'whether no program can gain privileges by being executed (default: true, unless a file capability is needed)',
    by: strategy,
  },
  seccomp: {
    check: unconfined,
    flag: { name: 'seccomp', form: 'unconfined' },
    summary: "in place of the engine's profile, without which a plugin is refused",
    by: passed,
  },
  memoryBytes: {
    check: liftable,
    flag: { name: 'memory_bytes', form: 'liftable-bytes', value: 'N' },
    summary: 'limit of memory, also as 256M, or unlimited; default 1G where it is enforced',
    by: strategy,
    zeroIsNothing: true,
  },
  cpuNanos: {
    check: count,
    flag: { name: 'cpu_nanos', form: 'count', value: 'N' },
    summary: 'limit of CPU, in billionths of a core',
    by: passed,
    zeroIsNothing: true,
  },
  pidsLimit: {
    check: liftable,
    flag: { name: 'pids_limit', form: 'liftable-count', value: 'N' },
    summary: 'limit of processes, or unlimited; default 512 where it is enforced',
    by: strategy,
    zeroIsNothing: true,
  },
  cgroupParent: {
    check: settingText,
    flag: { name: 'cgroup_parent', form: 'text', value: 'PATH' },
    summary: 'cgroup that the container goes into',
    by: passed,
  },
  tmpfs: {
    check: tmpfs,
    flag: { name: 'tmpfs', form: 'tmpfs', value: 'PATH[:SIZE][:exec]' },
    summary:
      'writable place in memory; of 64M by default, also unlimited; exec lets programs in it be executed',
    by: passed,
  },
  volumeBytes: {
    check: liftable,
    flag: { name: 'volume_bytes', form: 'liftable-bytes', value: 'N' },
    summary:
      'size of what takes the place of each volume of the image, also as 256M, or unlimited; default 64M',
    by: strategy,
    zeroIsNothing: true,
  },
  ulimits: {
    check: ulimits,
    flag: { name: 'ulimit', alias: 'ulimits', form: 'ulimits', value: 'NAME=SOFT[:HARD]' },
    summary: 'limit of processes in the container; -1 is unlimited',
    by: strategy,
  },
} as const satisfies Readonly<Record<SettingName, SettingDefinition>>;

/** Names of the settings that reach the engine unchanged. */
export type PassedName = {
  [K in SettingName]: (typeof settingList)[K]['by']['kind'] extends 'passed' ? K : never;
}[SettingName];

export type PassedSettings = Pick<ContainerSettings, PassedName>;

/** The definitions by name, in the order of the list. */
export const settingDefinitions = Object.entries(settingList) as readonly (readonly [
  SettingName,
  SettingDefinition,
])[];

/** The checks of all settings, for any function that has settings among its options. */
export const settingChecks = Object.fromEntries(
  settingDefinitions.map(([name, { check }]) => [name, check]),
) as Readonly<Record<SettingName, Check>>;

/** Returns the settings that reach the engine unchanged, without those that were left out. */
export function passedSettings(settings: ContainerSettings): PassedSettings {
  return pick(settings, ({ by }) => by.kind === 'passed');
}

/** Returns the container settings among other options, without those that were left out. */
export function onlySettings(options: ContainerSettings): ContainerSettings {
  return pick(options, () => true);
}

/** Merges the settings of a plugin into those of its runtime, whose demands a plugin can't lift. */
export function mergedSettings(runtime: ContainerSettings, plugin: ContainerSettings): ContainerSettings {
  const demands = pick(runtime, ({ by }) => by.kind === 'rule');
  const made = Object.entries(demands).filter(([, value]) => value === true);
  return { ...onlySettings(runtime), ...onlySettings(plugin), ...Object.fromEntries(made) };
}

function pick(
  settings: ContainerSettings,
  wanted: (definition: SettingDefinition) => boolean,
): ContainerSettings {
  return Object.fromEntries(
    settingDefinitions.flatMap(([name, definition]) =>
      wanted(definition) && settings[name] !== undefined ? [[name, settings[name]]] : [],
    ),
  );
}

/** What the engine is asked for when a setting that is passed on was left out. */
export const passedDefaults: PassedSettings = Object.fromEntries(
  settingDefinitions.flatMap(([name, { otherwise }]) => (otherwise === undefined ? [] : [[name, otherwise]])),
);

/** Converts a setting's name to the catalog's, which is spelled as in Vault. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The name of a launch option in entries of the catalog, and where they are shown. */
export function catalogField(option: string): string {
  return option === 'mlock' ? 'memory_lock' : snakeCase(option);
}
