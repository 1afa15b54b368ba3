/** The states of an instance, and the snapshot that describes one. */
import type { NegotiatedHandshake, PluginExit } from '../../goplugin/index.ts';

/**
 * States of an instance:
 * - starting: the first plugin is being started; calls wait
 * - ready: calls are served
 * - restarting: the plugin ended and another is being started; calls wait
 * - backing-off: the next start waits until `until`; calls wait
 * - failed: the plugin kept ending, and is not started again until the instance is reset; calls fail
 * - draining: no mount uses the instance any more; the calls that it has may end
 * - stopped: the instance has ended and is never started again
 */
export type InstanceState =
  | { readonly name: 'starting'; readonly since: Date }
  | {
      readonly name: 'ready';
      readonly since: Date;
      readonly containerId: string | undefined;
      readonly handshake: NegotiatedHandshake;
    }
  | { readonly name: 'restarting'; readonly since: Date; readonly reason: string }
  | { readonly name: 'backing-off'; readonly since: Date; readonly until: Date; readonly reason: string }
  | { readonly name: 'failed'; readonly since: Date; readonly reason: string; readonly error: Error }
  | { readonly name: 'draining'; readonly since: Date }
  | { readonly name: 'stopped'; readonly since: Date; readonly reason: string };

/** An instance as it is at this moment. Holds no secret. */
export interface InstanceSnapshot {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Empty when unversioned. */
  readonly version: string;
  readonly image: string;
  readonly imageId: string;
  /** OCI runtime. */
  readonly runtime: string;
  readonly state: InstanceState;
  /** Instances with the same key run the same image with the same settings. */
  readonly key: string;
  /** Whether several mounts may use it; `undefined` until the plugin has been asked. */
  readonly shared: boolean | undefined;
  readonly mounts: readonly string[];
  /** Number of calls that it has at this moment. */
  readonly calls: number;
  /** Number of calls that wait for it. */
  readonly waiting: number;
  readonly restarts: number;
  /** Whether a second plugin is ready to take over; `undefined` when no spare was asked for. */
  readonly spare: boolean | undefined;
  /** When, how and why its last plugin ended. */
  readonly lastEnd:
    { readonly at: Date; readonly reason: string; readonly exit: PluginExit | undefined } | undefined;
  /**
   * Names of the settings that have been registered differently since this instance was started; see
   * `PluginHost.checkDrift`.
   */
  readonly drift: readonly string[];
}
