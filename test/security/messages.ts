/** What the test and the process of the attacked host tell each other, as lines of JSON. */
import type { Attack } from './attacks.ts';

export interface HostCommand {
  /** Closes the host and ends the process. */
  readonly end?: true;
  readonly attack: Attack;
  readonly image: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[] | undefined;
  readonly memoryBytes?: number | undefined;
}

export type HostReport =
  | { readonly ready: true; readonly hostId: string; readonly memoryMiB: number }
  | AttackReport
  | { readonly closed: true };

export interface AttackReport {
  /** How the attack ended: the error of the host, or `replied`. */
  readonly said: string;
  /** What the attacker says it could do. */
  readonly gained: readonly string[];
  /** Whether the honest plugin of the same host was called afterwards. */
  readonly served: boolean;
  readonly peakMiB: number;
  /** Log entries of the attacker that arrived. */
  readonly logged: number;
  /** Whether the line arrived that an attacker logs after its attack. */
  readonly heard: boolean;
}
