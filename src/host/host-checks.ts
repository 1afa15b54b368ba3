/** Checks the options of `PluginHost.open` before anything is done. */
import type { CatalogStore } from '../catalog/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { kindOptions } from '../kinds/index.ts';
import {
  anyOf,
  checkShape,
  filledText,
  flag,
  fraction,
  listOf,
  milliseconds,
  objectWith,
  oneOf,
  recordOf,
  shapeOf,
  signal,
  textThat,
  that,
  timeLimit,
  wholeNumber,
} from '../settings/option-shape.ts';
import { userPath } from '../settings/user-path.ts';
import type { PluginHostOptions } from './host-options.ts';
import type { HealthOptions } from './instances/health.ts';
import type { RestartOptions } from './instances/restart-policy.ts';
import type { HostLimits } from './launching/starts.ts';
import type { HostLogger } from './reporting/events.ts';

const unlimited = that((value) => value === Infinity, '');
/** A duration that is only compared with others and never given to a timer, so it may be infinite. */
const span = that(
  (value) => typeof value === 'number' && value > 0,
  'must be a number of milliseconds above 0',
);
const absolutePath = textThat((value) => value.startsWith('/'), 'must be an absolute path');

const storeMethods: readonly (keyof CatalogStore)[] = [
  'place',
  'get',
  'list',
  'put',
  'delete',
  'exclusively',
];
const loggerMethods: readonly (keyof HostLogger)[] = ['debug', 'info', 'warn', 'error'];

const restart = shapeOf<RestartOptions>({
  delayMs: milliseconds,
  maxDelayMs: milliseconds,
  jitter: fraction,
  maxFailures: anyOf(unlimited, wholeNumber(0)),
  windowMs: span,
  stableMs: anyOf(unlimited, milliseconds),
});

const health = anyOf(
  oneOf(false),
  shapeOf<HealthOptions>({ intervalMs: timeLimit, timeoutMs: timeLimit, failures: wholeNumber(1) }),
);

const limits = shapeOf<HostLimits>({
  containers: wholeNumber(1),
  starts: wholeNumber(1),
  queuedStarts: wholeNumber(0),
  waitingCalls: wholeNumber(0),
});

const podman = shapeOf<NonNullable<PluginHostOptions['podman']>>({
  root: userPath,
  runRoot: userPath,
  socketDirectory: userPath,
  startTimeoutMs: timeLimit,
});

const hostOptions = shapeOf<PluginHostOptions>({
  directory: userPath,
  trustedOwners: listOf(wholeNumber(0)),
  store: objectWith(...storeMethods),
  clusterId: filledText,
  runtime: filledText,
  override: oneOf('unknown'),
  startTimeoutMs: timeLimit,
  kinds: recordOf(kindOptions),
  socketDirectory: userPath,
  control: flag,
  socketPath: absolutePath,
  embedded: flag,
  podman,
  limits,
  idleMs: milliseconds,
  vaultLabels: flag,
  watchdog: flag,
  sweep: flag,
  logger: objectWith(...loggerMethods),
  restart,
  health,
  warmSpare: flag,
  waitMs: milliseconds,
  stopGraceMs: milliseconds,
  signal,
});

/** @throws InvalidOptionError */
export function checkHostOptions(options: PluginHostOptions): void {
  checkShape('PluginHost.open', hostOptions, options);
  if (options.control === true && options.directory === undefined) {
    throw new InvalidOptionError('control', 'needs a directory, in which the socket is made');
  }
}
