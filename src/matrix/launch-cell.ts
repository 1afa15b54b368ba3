import type { LiveOutcome } from '../compatibility/index.ts';
import { BulkheadError } from '../errors.ts';
import { executeLaunch, labelsFor, launchPlugin, type LaunchOptions } from '../container/index.ts';
import { matrixLabel } from './leftovers.ts';
import type { LiveCell, LiveMatrixOptions } from './live.ts';

const defaultCellMs = 60_000;

/**
 * Launches, exercises and stops the plugin of one cell, unless the cell is left out. Only the caller's abort is thrown.
 */
export async function launchCell(
  { engine, asPlanned, launch, plan }: LiveCell,
  options: LiveMatrixOptions,
  { matrixId, signal }: { matrixId: string; signal: AbortSignal },
): Promise<LiveOutcome | undefined> {
  if (engine === undefined) return undefined;
  const timeoutMs = options.cellTimeoutMs ?? defaultCellMs;
  const limit = AbortSignal.timeout(timeoutMs);
  const begin = performance.now();
  const milliseconds = () => Math.round(performance.now() - begin);
  try {
    const both = AbortSignal.any([signal, limit]);
    const settled: LaunchOptions = {
      ...launch,
      labels: (name) => ({ ...labelsFor(launch.labels, name), [matrixLabel]: matrixId }),
      startTimeoutMs: launch.startTimeoutMs ?? timeoutMs,
      signal: both,
    };
    if (asPlanned && plan.refusal !== undefined) throw plan.refusal; // there is no image, or no folder for sockets
    const plugin = await (asPlanned ? executeLaunch(engine, plan, settled) : launchPlugin(engine, settled));
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
