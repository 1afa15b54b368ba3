import { checkGiven } from '../compatibility-checks.ts';
import type { LiveOutcome, MatrixCell, MatrixRow, MatrixSummary } from './matrix.ts';

export function summarise(cells: readonly MatrixRow[]): MatrixSummary {
  checkGiven('summarise', { cells });
  const having = (verdict: MatrixRow['verdict']) => cells.filter((row) => row.verdict === verdict).length;
  return {
    cells: cells.length,
    works: having('works'),
    refused: having('refused'),
    unknown: having('unknown'),
    launched: cells.filter(({ live }) => live !== undefined).length,
    disagree: cells.filter(({ agrees }) => agrees === false).length,
  };
}

/** Returns the row with the real outcome beside the predicted one. */
export function withOutcome(row: MatrixRow, live: LiveOutcome): MatrixRow {
  checkGiven('withOutcome', { cell: row, outcome: live });
  if (row.verdict === 'unknown') return { ...row, live };
  return { ...row, live, agrees: live.ok === (row.verdict === 'works') };
}

/** Names a cell in one line, for progress and errors: `docker rootless runsc non-root mlock`. */
export function cellName(cell: MatrixCell): string {
  checkGiven('cellName', { cell });
  const { engine, mode, runtime, user, mlock } = cell;
  return [engine, mode, runtime, user, ...(mlock ? ['mlock'] : [])].join(' ');
}

/**
 * Returns the cells of `required` that are not met: cells that are missing in the matrix, or that do not work in it.
 * Where a cell was launched, reality counts.
 */
export function unmetCells(
  required: readonly Partial<MatrixCell>[],
  cells: readonly MatrixRow[],
): Partial<MatrixCell>[] {
  checkGiven('unmetCells', { required, cells });
  return required.filter((wanted) => {
    const matching = cells.filter((row) =>
      Object.entries(wanted).every(([name, value]) => row[name as keyof MatrixCell] === value),
    );
    return matching.length === 0 || !matching.every(isGood);
  });
}

function isGood({ verdict, live }: MatrixRow): boolean {
  return live === undefined ? verdict === 'works' : live.ok;
}
