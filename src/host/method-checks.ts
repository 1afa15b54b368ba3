/** Checks the arguments of the methods of a host and its mounts before anything is done. */
import { timedOptions, abortOptions } from '../goplugin/internal.ts';
import { pluginOptionChecks } from '../goplugin/internal.ts';
import { sharing } from '../kinds/index.ts';
import {
  callback,
  checkArgument,
  checkShape,
  filledText,
  flag,
  listOf,
  milliseconds,
  oneOf,
  required,
  shapeOf,
  signal,
  text,
  type Check,
} from '../settings/option-shape.ts';
import type { AbortOption } from '../abort.ts';
import { containerChecks, type LaunchOptions } from '../container/index.ts';
import type { VersionOption } from './host-options.ts';
import type { UnregisteredPlugin } from './launching/resolver.ts';
import type { MountOptions } from './mounts/mount.ts';
import type { ReloadOptions } from './mounts/reload.ts';

const version = text;
const mountChecks = {
  id: filledText,
  share: flag,
  prepare: callback,
  release: callback,
  isIdempotent: callback,
  redactError: callback,
  signal,
};

/** The options of each method. */
const methods = {
  start: shapeOf<VersionOption & AbortOption>({ version, signal }),
  check: shapeOf<VersionOption & AbortOption & { mlock?: boolean }>({ version, mlock: flag, signal }),
  mount: shapeOf<MountOptions & VersionOption>({ ...mountChecks, version }),
  mountUnregistered: shapeOf<MountOptions>(mountChecks),
  reload: shapeOf<ReloadOptions & VersionOption & { mounts?: readonly string[] }>({
    mounts: listOf(text),
    version,
    override: oneOf('unknown'),
    drainMs: milliseconds,
    signal,
  }),
  checkDrift: abortOptions,
  gc: shapeOf<AbortOption & { recorded?: boolean }>({ recorded: flag, signal }),
  close: shapeOf<{ limitMs?: number }>({ limitMs: milliseconds }),
  mountClose: shapeOf<{ drainMs?: number }>({ drainMs: milliseconds }),
  mountHealth: timedOptions,
} satisfies Readonly<Record<string, Check>>;

const operationNames: Readonly<Record<keyof typeof methods, string>> = {
  start: 'host.start',
  check: 'host.check',
  mount: 'host.mount',
  mountUnregistered: 'host.mount',
  reload: 'host.reload',
  checkDrift: 'host.checkDrift',
  gc: 'host.gc',
  close: 'host.close',
  mountClose: 'mount.close',
  mountHealth: 'mount.health',
};

/** @throws InvalidOptionError */
export function checkMethodOptions(method: keyof typeof methods, options: unknown): void {
  checkShape(operationNames[method], methods[method], options);
}

/** @throws InvalidOptionError */
export function checkPluginName(
  method: 'start' | 'check' | 'mount' | 'reload',
  type: unknown,
  name: unknown,
): asserts name is string {
  checkArgument(operationNames[method], 'type', filledText, type);
  checkArgument(operationNames[method], 'name', filledText, name);
}

/** @throws InvalidOptionError */
export function checkInstanceId(operation: string, instanceId: unknown): void {
  checkArgument(operation, 'instanceId', text, instanceId);
}

const launch = shapeOf<LaunchOptions>({ ...containerChecks, ...pluginOptionChecks });

const unregistered = required(
  shapeOf<UnregisteredPlugin>({ type: filledText, name: filledText, launch: required(launch), sharing }),
);

/** @throws InvalidOptionError */
export function checkUnregistered(plugin: UnregisteredPlugin): void {
  checkShape('host.mount', unregistered, plugin);
}

/** @throws InvalidOptionError */
export function checkLaunch(options: unknown): void {
  checkShape('host.start', required(launch), options);
}
