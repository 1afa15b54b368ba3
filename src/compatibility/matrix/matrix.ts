import type { EngineFacts } from '../engine-facts.ts';
import type { HostFacts } from '../host-facts.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { LaunchRequirements, LaunchStrategy, LaunchVerdict, Reason } from '../launch-verdict.ts';

/** One combination in which a plugin may be launched. */
export interface MatrixCell {
  readonly engine: 'docker' | 'podman';
  readonly mode: 'rootful' | 'rootless';
  readonly runtime: string;
  readonly user: 'root' | 'non-root';
  readonly mlock: boolean;
}

/** A cell on one engine, with the verdict of the facts and the outcome of a launch. Plain data. */
export interface MatrixRow extends MatrixCell {
  readonly version: string;
  readonly socketPath: string;
  readonly verdict: LaunchVerdict['status'];
  /** Why it does not work, or what to know about it. */
  readonly reasons: readonly Reason[];
  /** How it works, or how a forced launch would be tried. */
  readonly strategy: LaunchStrategy;
  readonly live?: LiveOutcome | undefined;
  /** Whether prediction and reality agree; absent without a launch, and for `unknown`. */
  readonly agrees?: boolean | undefined;
}

/** The ways in which a plugin and its host reach each other; `stdio` is what a plugin prints after its handshake. */
export const channels = ['call', 'callback', 'stdio', 'log', 'health', 'shutdown'] as const;
export type Channel = (typeof channels)[number];

/** `silent`: the plugin sent nothing there, and nothing made it do so. */
export type ChannelState = 'carried' | 'failed' | 'silent';

/** The outcome of a real launch. */
export interface LiveOutcome {
  readonly ok: boolean;
  readonly milliseconds: number;
  /** What became of each channel, as far as the launch came. A failed one is why the launch is not `ok`. */
  readonly channels?: Readonly<Partial<Record<Channel, ChannelState>>> | undefined;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string } | undefined;
}

export interface MatrixSummary {
  readonly cells: number;
  readonly works: number;
  readonly refused: number;
  readonly unknown: number;
  /** Cells that were really launched. */
  readonly launched: number;
  /** Cells whose prediction and reality differ. */
  readonly disagree: number;
}

export interface MatrixResult {
  readonly cells: readonly MatrixRow[];
  readonly summary: MatrixSummary;
  /** Each sentence names something that a live matrix could not remove at its end. Absent when it removed everything. */
  readonly leftovers?: readonly string[] | undefined;
}

/** Selects cells; an absent field means every value. */
export interface CellFilter {
  readonly engine?: readonly MatrixCell['engine'][] | undefined;
  readonly mode?: readonly MatrixCell['mode'][] | undefined;
  readonly runtime?: readonly string[] | undefined;
  readonly user?: readonly MatrixCell['user'][] | undefined;
  readonly mlock?: readonly boolean[] | undefined;
}

/** What a matrix without launches is made from, which may be a file about a host that is not here. */
export interface MatrixFacts {
  readonly host: HostFacts;
  readonly engines: readonly EngineFacts[];
  /** Facts of the image. Absent: a faultless image with a program in Go is assumed. */
  readonly image?: ImageFacts | undefined;
}

/** The requirements that all cells share. */
export type CommonRequirements = Omit<LaunchRequirements, 'runtime' | 'user' | 'mlock'>;

export interface DryMatrixOptions {
  readonly filter?: CellFilter | undefined;
  /** Requirements of every cell. Default: none. */
  readonly requirements?: CommonRequirements | undefined;
}
