/**
 * An instance, and a line of its log, as the API shows them: JSON with names as Vault spells them. The page reads these types,
 * so that this file imports nothing.
 */

export interface InstanceData {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Empty when unversioned. */
  readonly version: string;
  readonly image: string;
  readonly image_id: string;
  /** OCI runtime. */
  readonly runtime: string;
  readonly state: string;
  readonly since: string;
  /** When the next start is tried. */
  readonly until?: string;
  readonly reason?: string;
  readonly container_id?: string;
  readonly protocol_version?: number;
  readonly tls?: boolean;
  /** Ids of its mounts. */
  readonly mounts: readonly string[];
  readonly calls: number;
  readonly waiting: number;
  readonly restarts: number;
  readonly shared: boolean | null;
  readonly spare: boolean | null;
  readonly last_end: {
    readonly at: string;
    readonly reason: string;
    readonly exit_code: number | null;
    readonly oom_killed: boolean;
  } | null;
  readonly drift: readonly string[];
  /** The last line that its plugins wrote, cut after some hundred characters. */
  readonly last_output: LogLineData | null;
}

export interface LogLineData {
  readonly at: string;
  readonly generation: number;
  readonly stream: 'stdout' | 'stderr';
  readonly level: string;
  readonly text: string;
}
