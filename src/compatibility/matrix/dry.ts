import { checkDryMatrixOptions, checkGiven } from '../compatibility-checks.ts';
import { judge } from '../judge.ts';
import { valueOf } from '../fact.ts';
import type { LaunchFacts } from '../rule.ts';
import { assumedImage } from './assumed-image.ts';
import { planCells, type PlannedCell } from './cells.ts';
import type { EngineFacts } from '../engine-facts.ts';
import type { LaunchVerdict } from '../launch-verdict.ts';
import type {
  CommonRequirements,
  DryMatrixOptions,
  MatrixCell,
  MatrixFacts,
  MatrixResult,
  MatrixRow,
} from './matrix.ts';
import { summarise } from './summary.ts';

/** Judges every cell by the rules. Pure: it launches and asks nothing, and the engines need not be here. */
export function dryMatrix(facts: MatrixFacts, options: DryMatrixOptions = {}): MatrixResult {
  checkGiven('dryMatrix', { matrixFacts: facts });
  checkDryMatrixOptions(options);
  const image = facts.image ?? assumedImage({ architecture: valueOf(facts.host.architecture) ?? '' });
  const cells = planCells(facts.engines, image, options.filter).map((planned) =>
    predict(planned, { host: facts.host, image }, options.requirements),
  );
  return { cells, summary: summarise(cells) };
}

/** Makes the row of one cell before anything is launched. */
export function predict(
  planned: PlannedCell,
  facts: Pick<LaunchFacts, 'host' | 'image'>,
  requirements: CommonRequirements = {},
): MatrixRow {
  checkGiven('predict', { planned, cellFacts: facts });
  const { cell, engine, wishes } = planned;
  const { host, image } = facts;
  return rowOf(cell, engine, judge({ host, engine, image }, { ...requirements, ...wishes }));
}

/** Makes the row of a cell that was judged. */
export function rowOf(cell: MatrixCell, engine: EngineFacts, verdict: LaunchVerdict): MatrixRow {
  const works = verdict.status === 'works';
  return {
    ...cell,
    version: engine.version,
    socketPath: engine.socketPath,
    verdict: verdict.status,
    reasons: works ? verdict.notes : verdict.reasons,
    strategy: works ? verdict.strategy : verdict.attempt,
  };
}
