import { isRoot, launchCase } from '../compatibility/internal.ts';
import type { LaunchVerdict, MatrixCell } from '../compatibility/index.ts';
import type { LaunchPlan } from './launch-plan.ts';

/** The result of a check: whether a launch would work here, and the combination that was judged. */
export type LaunchCheck = LaunchVerdict & {
  /** Whether the launch would go ahead: it works, or `override` lets it. */
  readonly ok: boolean;
  /** Whether the launch would go ahead because of an override alone. */
  readonly overridden: boolean;
  /** The combination that was judged. */
  readonly cell: MatrixCell;
  /** Version of the engine. */
  readonly version: string;
  readonly socketPath: string;
};

/** Reduces a plan to what a check reports. */
export function launchCheck({ facts, requirements, verdict, overridden, refusal }: LaunchPlan): LaunchCheck {
  const { engine } = facts;
  return {
    ...verdict,
    ok: refusal === undefined,
    overridden: overridden.length > 0,
    cell: {
      engine: engine.kind,
      mode: engine.rootless ? 'rootless' : 'rootful',
      runtime: requirements.runtime,
      user: isRoot(launchCase(facts, requirements)) === true ? 'root' : 'non-root',
      mlock: requirements.mlock ?? false,
    },
    version: engine.version,
    socketPath: engine.socketPath,
  };
}
