/** The states of an instance, and what is told of one. */
import type { NegotiatedHandshake, PluginExit } from '../../goplugin/index.ts';

/**
 * - starting: the first plugin is being started; calls wait
 * - ready: calls are served
 * - restarting: the plugin ended, another is being started; calls wait
 * - backing-off: the next start waits until `until`; calls wait
 * - failed: it kept ending, and is not started any more until it is reset; calls fail
 * - draining: no mount uses it any more, the calls that it has are let end
 * - stopped: for good
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
  /** Instances of one key run the same image with the same settings. */
  readonly key: string;
  /** Whether several mounts may use it; `undefined` before it was asked. */
  readonly shared: boolean | undefined;
  readonly mounts: readonly string[];
  /** Calls that it has at this moment. */
  readonly calls: number;
  /** Calls that wait for it. */
  readonly waiting: number;
  readonly restarts: number;
  /** Whether a second plugin stands ready to take over; `undefined` when none was asked for. */
  readonly spare: boolean | undefined;
  /** How its last plugin ended, and why. */
  readonly lastEnd:
    { readonly at: Date; readonly reason: string; readonly exit: PluginExit | undefined } | undefined;
  /** Settings that are registered otherwise by now than this instance was started with; see `PluginHost.checkDrift`. */
  readonly drift: readonly string[];
}
