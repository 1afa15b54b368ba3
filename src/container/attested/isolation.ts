import { posix } from 'node:path';
import { compareVersions, confinesBySeccomp } from '../../engine/internal.ts';
import { capabilityName } from '../../linux/capabilities.ts';
import { absent, anything, isPodman, list, same, type AttestedSetting, type Given } from './setting.ts';

/** The settings that isolate the container most: the runtime and privileges. */
export const runtimeSettings: readonly AttestedSetting[] = [
  same(
    'runtime',
    ['runtime'],
    ({ asked }) => baseName(asked.runtime) ?? anything,
    ({ made }) => baseName(made.runtime),
  ),
  same(
    'privileged',
    [],
    () => false,
    ({ made }) => made.privileged,
  ),
  same(
    'user',
    ['user'],
    ({ asked, image }) => asked.user ?? image?.config.user ?? anything,
    ({ made }) => made.config.user,
  ),
];

/** Further settings that isolate the container: namespaces, capabilities, profiles. */
export const isolationSettings: readonly AttestedSetting[] = [
  same(
    'read-only root file system',
    ['readOnlyRootFilesystem'],
    ({ asked }) => asked.readOnlyRootFilesystem ?? false,
    ({ made }) => made.readOnlyRootFilesystem,
  ),
  same(
    'no new privileges',
    ['noNewPrivileges'],
    ({ asked }) => asked.noNewPrivileges ?? anything,
    ({ made }) => made.noNewPrivileges,
  ),
  same(
    'added groups',
    ['groupAdd'],
    ({ asked }) => list(asked.groupAdd ?? []),
    ({ made }) => list(made.groupAdd),
  ),
  same(
    'dropped capabilities',
    ['capDrop'],
    // Podman lists the defaults that were dropped; there the resulting capability sets are compared instead.
    ({ asked, made }) =>
      made.boundingCaps === undefined ? list((asked.capDrop ?? []).map(capabilityName)) : anything,
    ({ made }) => list(made.capDrop.map(capabilityName)),
  ),
  same(
    'capabilities',
    ['capAdd'],
    ({ asked, made }) =>
      made.boundingCaps !== undefined && !dropsAll({ asked })
        ? anything
        : list((asked.capAdd ?? []).map(capabilityName)),
    ({ made }) => list((made.boundingCaps ?? made.capAdd).map(capabilityName)),
  ),
  same(
    'effective capabilities',
    ['capAdd'],
    () => 'none that was not asked for',
    ({ asked, made }) => {
      const wanted = new Set((asked.capAdd ?? []).map(capabilityName));
      const isTold = made.boundingCaps !== undefined && dropsAll({ asked });
      const found = isTold ? [...(made.effectiveCaps ?? []), ...made.capAdd] : [];
      const more = found.map(capabilityName).filter((name) => !wanted.has(name) && !wanted.has('ALL'));
      return more.length === 0 ? 'none that was not asked for' : list([...new Set(more)]);
    },
  ),
  {
    name: 'security options',
    options: ['seccomp', 'selinuxLabel'],
    compare: (given) => {
      const { asked, made } = given;
      // Podman does not tell of a profile that was left out over its API; more confinement than asked for is no danger.
      const isTold = !(isPodman(given) && asked.seccomp === 'unconfined' && !namesSeccomp(made.securityOpt));
      const found = made.securityOpt
        .map((option) => option.replace(/^(\w+):/, '$1='))
        .filter((option) => !/^no-new-privileges(=true|=false)?$/.test(option));
      // Podman tells of a missing label in the label alone.
      const label = asked.selinuxLabel === undefined ? [] : [`label=${asked.selinuxLabel}`];
      const wanted = [
        ...(isPodman(given) ? label.filter((option) => found.includes(option)) : label),
        ...(asked.seccomp === undefined || !isTold ? [] : [`seccomp=${asked.seccomp}`]),
      ];
      return list(wanted) === list(found)
        ? []
        : [{ asked: list(wanted.map(short)), made: list(found.map(short)) }];
    },
  },
  same(
    'seccomp',
    ['seccomp'],
    ({ asked, engine }) =>
      asked.seccomp !== undefined || engine === undefined ? anything : 'the default profile',
    ({ engine }) =>
      engine === undefined || confinesBySeccomp(engine.info) ? 'the default profile' : 'unconfined',
  ),
  same(
    'AppArmor',
    [],
    (given) => (namesAppArmorAtOnce(given) ? 'the default profile' : 'no other profile'),
    (given) => {
      // A profile in complain mode prevents nothing.
      const profile = given.made.apparmorProfile.replace(/ \(enforce\)$/, '');
      const isDefault = profile === 'docker-default' || /^containers-default-\d[\w.+~-]*$/.test(profile);
      if (!namesAppArmorAtOnce(given)) return profile === '' || isDefault ? 'no other profile' : profile;
      return isDefault ? 'the default profile' : profile;
    },
  ),
  same(
    'SELinux label',
    ['selinuxLabel'],
    (given) =>
      hasSecurity(given, 'selinux') && given.asked.selinuxLabel === undefined ? 'a confined type' : 'none',
    ({ made, engine }) => {
      if (made.processLabel === '') return 'none';
      const type = made.processLabel.split(':')[2];
      if (type === undefined || !confinedType.test(type)) return type ?? `the label ${made.processLabel}`;
      return engine === undefined ? 'none' : 'a confined type';
    },
  ),
  same(
    'masked paths',
    [],
    () => 'all that have to be',
    ({ made }) => missing(maskedPaths, made.maskedPaths),
  ),
  same(
    'read-only paths',
    [],
    () => 'all that have to be',
    ({ made }) => missing(readonlyPaths, made.readonlyPaths),
  ),
  same(
    'IPC namespace',
    ['ipcMode'],
    ({ asked }) => asked.ipcMode ?? 'private',
    (given) => {
      const { made, asked } = given;
      // Podman before 5 has a single word for a namespace of its own, `shareable`; another container would have to ask
      // to join it.
      if (made.ipcMode === 'shareable' && namesOwnShareable(given)) return asked.ipcMode ?? 'private';
      const isOwn = asked.ipcMode === undefined && ['', 'shareable', 'none'].includes(made.ipcMode);
      return isOwn ? 'private' : made.ipcMode;
    },
  ),
  same(
    'cgroup namespace',
    ['cgroupnsMode'],
    ({ asked }) => asked.cgroupnsMode ?? 'not of the host',
    ({ asked, made }) =>
      asked.cgroupnsMode === undefined && ['', 'private'].includes(made.cgroupnsMode)
        ? 'not of the host'
        : made.cgroupnsMode,
  ),
  same(
    'process namespace',
    [],
    () => 'private',
    ({ made }) => made.pidMode || 'private',
  ),
  same(
    'UTS namespace',
    [],
    () => 'private',
    ({ made }) => made.utsMode || 'private',
  ),
  same(
    'user namespace',
    ['usernsMode'],
    ({ asked }) => userNamespace(asked.usernsMode ?? ''),
    ({ made }) => userNamespace(made.usernsMode),
  ),
  absent("Podman's own extras", ({ made }) => made.extras),
  absent('shared with other containers', ({ made }) => made.sharedWith),
];

function namesSeccomp(options: readonly string[]): boolean {
  return options.some((option) => /^seccomp[=:]/.test(option));
}

/** SELinux types of containers that confine; the types of the engines themselves, and `spc_t`, confine nothing. */
const confinedType = /^(container(_kvm|_init)?_t|svirt(_\w+)?_t)$/;

/** Leaves out how ids are mapped, because engines do not report it. */
function userNamespace(mode: string): string {
  return mode === '' || mode === 'private' ? 'as the engine is set up' : mode.replace(/:.*$/, '');
}

/** Kernel paths that every Docker since 1.12 masks; later versions mask more. */
const maskedPaths = [
  '/proc/kcore',
  '/proc/keys',
  '/proc/timer_list',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Lists the needed paths that are not hidden. Podman does not report the hidden ones: then `found` is absent. */
function missing(needed: readonly string[], found: readonly string[] | undefined): string {
  const left = found === undefined ? [] : needed.filter((path) => !found.includes(path));
  return left.length === 0 ? 'all that have to be' : `all but ${left.join(', ')}`;
}

function dropsAll({ asked }: Pick<Given, 'asked'>): boolean {
  return (asked.capDrop ?? []).map(capabilityName).includes('ALL');
}

function namesOwnShareable(given: Given): boolean {
  return (
    given.asked.ipcMode === 'private' &&
    isPodman(given) &&
    (given.engine === undefined || compareVersions(given.engine.version, '5') < 0)
  );
}

function hasSecurity({ engine }: Given, name: string): boolean {
  const options = engine?.info.securityOptions ?? [];
  return options.some((option) => option === `name=${name}` || option.startsWith(`name=${name},`));
}

/**
 * Whether the engine names its default AppArmor profile before the start. Docker names it at the first start only,
 * Podman at once. A rootless Podman can load no profile, so its containers have none, whatever it says about the host.
 */
function namesAppArmorAtOnce(given: Given): boolean {
  return hasSecurity(given, 'apparmor') && isPodman(given) && given.engine?.info.rootless !== true;
}

/** Shortens a profile, which may be a whole document. */
function short(option: string): string {
  return option.length > 60 ? `${option.slice(0, 60)}…` : option;
}

function baseName(runtime: string | undefined): string | undefined {
  return runtime === undefined ? undefined : posix.basename(runtime);
}
