import type { HealthOptions } from './health.ts';
import type { RestartOptions } from './restart-policy.ts';

export interface InstanceOptions {
  readonly restart?: RestartOptions | undefined;
  readonly health?: HealthOptions | false | undefined;
  /** Keeps a second plugin ready, which takes over at once. Default false. */
  readonly warmSpare?: boolean | undefined;
  /** How long a call waits for a plugin that is being started again, in milliseconds. Default: 60000. */
  readonly waitMs?: number | undefined;
  /** How long the plugin may take to end when it is stopped, in milliseconds. Default: 2000. */
  readonly stopGraceMs?: number | undefined;
}
