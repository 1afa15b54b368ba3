/** A host gives these settings to launches that do not name their own. */
import type { LaunchOptions, PlannedOptions } from '../../container/index.ts';

export interface LaunchDefaults {
  /** OCI runtime. */
  readonly runtime: string;
  readonly override: 'unknown' | undefined;
  /** How long the start of a plugin may take, in milliseconds; `undefined` leaves it to the launch. */
  readonly startTimeoutMs: number | undefined;
}

/** A launch that says all of it. */
export function withDefaults<Options extends PlannedOptions & Pick<LaunchOptions, 'startTimeoutMs'>>(
  options: Options,
  { runtime, override, startTimeoutMs }: LaunchDefaults,
): Options & { readonly runtime: string } {
  return {
    ...options,
    runtime: options.runtime ?? runtime,
    override: options.override ?? override,
    startTimeoutMs: options.startTimeoutMs ?? startTimeoutMs,
  };
}
