import type { LiveOutcome, MatrixRow, PlannedCell } from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { launchPlugin, labelsFor } from '../container/index.ts';
import { matrixLabel } from './leftovers.ts';
import { launchOf, type LiveMatrixOptions } from './live.ts';

const defaultCellMs = 60_000;

/** Launches, exercises and stops the plugin in one cell. Only the caller's abort is thrown. */
export async function launchCell(
  engine: Engine,
  { cell, wishes }: PlannedCell,
  row: MatrixRow,
  options: LiveMatrixOptions,
  { matrixId, signal }: { matrixId: string; signal: AbortSignal },
): Promise<LiveOutcome> {
  const launch = launchOf(options, cell);
  const timeoutMs = options.cellTimeoutMs ?? defaultCellMs;
  const limit = AbortSignal.timeout(timeoutMs);
  const begin = performance.now();
  const milliseconds = () => Math.round(performance.now() - begin);
  try {
    const both = AbortSignal.any([signal, limit]);
    const plugin = await launchPlugin(engine, {
      ...launch,
      image: options.imageOf?.(cell) ?? options.image,
      runtime: wishes.runtime,
      user: wishes.user,
      mlock: wishes.mlock,
      env: { ...(cell.mlock && { VAULT_PLUGIN_MLOCK_ENABLED: 'true' }), ...launch.env },
      labels: (name) => ({ ...labelsFor(launch.labels, name), [matrixLabel]: matrixId }),
      override: row.verdict === 'works' ? undefined : 'refused',
      startTimeoutMs: launch.startTimeoutMs ?? timeoutMs,
      signal: both,
    });
    try {
      await (options.exercise?.(plugin, { signal: both }) ?? plugin.health({ signal: both }));
      const exit = await plugin.stop({ signal: both });
      if (exit.code !== 0) throw unclean(exit.code);
    } finally {
      await plugin[Symbol.asyncDispose]();
    }
    return { ok: true, milliseconds: milliseconds() };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ok: false,
      milliseconds: milliseconds(),
      error: describe(error, limit.aborted ? timeoutMs : undefined),
    };
  }
}

function unclean(code: number | undefined): BulkheadError {
  return new BulkheadError(
    'PLUGIN_EXITED',
    `the plugin was asked to end and exited with code ${code ?? 'unknown'}`,
  );
}

function describe(error: unknown, timedOutMs: number | undefined): NonNullable<LiveOutcome['error']> {
  if (timedOutMs !== undefined && !(error instanceof BulkheadError))
    return { code: 'PLUGIN_START_TIMEOUT', message: `the cell was not done within ${timedOutMs} ms` };
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, ...(hint !== undefined && { hint }) };
}
