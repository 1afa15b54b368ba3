import type { LiveOutcome } from '../compatibility/index.ts';
import { BulkheadError } from '../errors.ts';
import type { LiveMatrixOptions } from './live.ts';

const defaultCellMs = 60_000;

/** How long one cell may take to be planned, and again to be launched and exercised. */
export function cellMsOf({ cellTimeoutMs = defaultCellMs }: LiveMatrixOptions): number {
  return cellTimeoutMs;
}

/** Describes why a cell failed. @param timedOutMs the time limit of the cell, where that is what ended it */
export function errorOf(error: unknown, timedOutMs: number | undefined): NonNullable<LiveOutcome['error']> {
  if (timedOutMs !== undefined && !(error instanceof BulkheadError))
    return {
      code: 'PLUGIN_START_TIMEOUT',
      message: `the cell was not done within ${timedOutMs} ms`,
      hint: 'A slow machine needs longer: `cellTimeoutMs`, at the command line -cell_timeout.',
    };
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, ...(hint !== undefined && { hint }) };
}
