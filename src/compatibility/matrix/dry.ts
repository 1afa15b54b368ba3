import { checkDryMatrixOptions, checkGiven } from '../compatibility-checks.ts';
import { judge } from '../judge.ts';
import { valueOf } from '../fact.ts';
import type { LaunchFacts } from '../rule.ts';
import { assumedImage } from './assumed-image.ts';
import { planCells, type PlannedCell } from './cells.ts';
import type { CellFilter, MatrixFacts, MatrixResult, MatrixRow } from './matrix.ts';
import { summarise } from './summary.ts';

/** What the rules say of every cell. Pure: it launches and asks nothing, and the engines need not be here. */
export function dryMatrix(
  facts: MatrixFacts,
  options: { filter?: CellFilter | undefined } = {},
): MatrixResult {
  checkGiven('dryMatrix', { matrixFacts: facts });
  checkDryMatrixOptions(options);
  const image = facts.image ?? assumedImage({ architecture: valueOf(facts.host.architecture) ?? '' });
  const cells = planCells(facts.engines, image, options.filter).map((planned) =>
    predict(planned, { host: facts.host, image }),
  );
  return { cells, summary: summarise(cells) };
}

/** The row of one cell before anything is launched. */
export function predict(planned: PlannedCell, facts: Pick<LaunchFacts, 'host' | 'image'>): MatrixRow {
  checkGiven('predict', { planned, cellFacts: facts });
  const { cell, engine, wishes } = planned;
  const { host, image } = facts;
  const verdict = judge({ host, engine, image }, wishes);
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
