import type { EngineFacts } from '../engine-facts.ts';
import type { HostFacts } from '../host-facts.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { LaunchRequirements, LaunchStrategy, LaunchVerdict, Reason } from '../launch-verdict.ts';

/** One combination that a plugin may be launched in. */
export interface MatrixCell {
  readonly engine: 'docker' | 'podman';
  readonly mode: 'rootful' | 'rootless';
  readonly runtime: string;
  readonly user: 'root' | 'non-root';
  readonly mlock: boolean;
}

/** A cell on one engine, with what the facts say of it and what a launch did. Plain data. */
export interface MatrixRow extends MatrixCell {
  readonly version: string;
  readonly socketPath: string;
  readonly verdict: LaunchVerdict['status'];
  /** Why not, or what to know. */
  readonly reasons: readonly Reason[];
  /** How it works, or how a forced launch would be tried. */
  readonly strategy: LaunchStrategy;
  readonly live?: LiveOutcome | undefined;
  /** Whether prediction and reality are the same; absent without a launch, and for `unknown`. */
  readonly agrees?: boolean | undefined;
}

/** What a real launch did. */
export interface LiveOutcome {
  readonly ok: boolean;
  readonly milliseconds: number;
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
}

/** Which cells; absent means every value. */
export interface CellFilter {
  readonly engine?: readonly MatrixCell['engine'][] | undefined;
  readonly mode?: readonly MatrixCell['mode'][] | undefined;
  readonly runtime?: readonly string[] | undefined;
  readonly user?: readonly MatrixCell['user'][] | undefined;
  readonly mlock?: readonly boolean[] | undefined;
}

/** What a matrix without launches is made from: also of a host that is not here, read from a file. */
export interface MatrixFacts {
  readonly host: HostFacts;
  readonly engines: readonly EngineFacts[];
  /** Absent: an image is assumed that is as it should be, with a program in Go. */
  readonly image?: ImageFacts | undefined;
}

/** What all cells have in common. */
export type CommonRequirements = Omit<LaunchRequirements, 'runtime' | 'user' | 'mlock'>;

export interface DryMatrixOptions {
  readonly filter?: CellFilter | undefined;
  /** What is asked for in every cell. Default: nothing. */
  readonly requirements?: CommonRequirements | undefined;
}
