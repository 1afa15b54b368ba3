/** The plugin host: plugins in containers, supervised. */
export { CrashLoopError, HostLimitError, OutcomeUnknownError, ReloadFailedError } from './errors.ts';
export type { EnginesOptions } from './launching/engines.ts';
export type { HostEvents, HostLogger } from './reporting/events.ts';
export type { LostFolder } from './orphans/owned-folders.ts';
export type { GenerationEnd } from './instances/generation.ts';
export type { HealthOptions } from './instances/health.ts';
export type { InstanceOptions } from './instances/instance-options.ts';
export type { InstanceSnapshot, InstanceState } from './instances/instance-state.ts';
export { hostLabels } from './orphans/labels.ts';
export type { HostMetrics, PluginCounters } from './reporting/metrics.ts';
export type {
  Mount,
  MountContext,
  MountOptions,
  RoutedClientFor,
  RoutedClientMaker,
} from './mounts/mount.ts';
export type { PluginHostOptions, VersionOption } from './host-options.ts';
export { PluginHost } from './plugin-host.ts';
export type { PluginLogLine } from './instances/plugin-log.ts';
export type { MatchedDigest } from './launching/digest.ts';
export type { PluginRegistry, RegisteredPlugin, RegisterOptions } from './launching/plugin-registry.ts';
export type { ReloadOptions } from './mounts/reload.ts';
export type { UnregisteredPlugin } from './launching/resolver.ts';
export type { RestartOptions } from './instances/restart-policy.ts';
export type { RoutedCallOptions } from './mounts/route.ts';
export type { HostLimits } from './launching/starts.ts';
export type { Sweep, SweptContainer } from './orphans/sweep.ts';
