import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  summarise,
  withOutcome,
  type CellFilter,
  type MatrixCell,
  type MatrixResult,
  type MatrixRow,
} from '../compatibility/index.ts';
import type { LaunchOptions } from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Plugin } from '../goplugin/index.ts';
import type { ExerciseContext } from './channels.ts';
import { inParallel } from './in-parallel.ts';
import { launchCell } from './launch-cell.ts';
import { removeLeftovers } from './leftovers.ts';
import { checkMatrixOptions } from './matrix-options.ts';
import { planLiveCells, type LiveCell, type MissingImage, type UnplannedCell } from './plan-cells.ts';

/** Launch options of a live matrix, without those that the matrix sets for each cell. */
export type MatrixLaunch = Omit<
  LaunchOptions,
  'image' | 'runtime' | 'user' | 'mlock' | 'signal' | 'override' | 'handshake'
> &
  Pick<LaunchOptions, 'handshake'>;

export interface LiveMatrixOptions {
  /**
   * Engines that have the image. A Podman before 6 runs a single runtime, so each of its services is given separately.
   */
  readonly engines: readonly Engine[];
  readonly image: string;
  /** Image of a cell, if it is not `image`. It must have the same user. */
  readonly imageOf?: ((cell: MatrixCell) => string | undefined) | undefined;
  /**
   * Launch options, or a function that makes them for a cell. With mlock the plugin must be told to lock its memory;
   * default: by the variable `VAULT_PLUGIN_MLOCK_ENABLED`, as Vault tells its plugins.
   */
  readonly launch: MatrixLaunch | ((cell: MatrixCell) => MatrixLaunch);
  /**
   * Exercises each plugin that was started, and notes which channels carried. Its health and its end are asked for in
   * any case.
   */
  readonly exercise?: ((plugin: Plugin, context: ExerciseContext) => Promise<void>) | undefined;
  /** Whether refused and unknown cells are launched too, to see whether the verdict is true. Default true. */
  readonly forced?: boolean | undefined;
  readonly filter?: CellFilter | undefined;
  /**
   * Returns the engine for cells that need a Podman service of our own; without it they are not launched. The caller
   * closes the engine.
   */
  readonly ownEngine?: ((engine: Engine, runtime: string) => Promise<Engine>) | undefined;
  /** Number of launches on one engine at the same time. Default 2. */
  readonly parallelPerEngine?: number | undefined;
  /** Number of launches at the same time. Default: twice the number of processors. */
  readonly parallel?: number | undefined;
  /**
   * Time limit for planning one cell, and again for its launch, in milliseconds. The plugin has four fifths of it to start.
   * Default 60000.
   */
  readonly cellTimeoutMs?: number | undefined;
  /**
   * Time limit for one use of a channel, such as the health check or the plugin's end, in milliseconds. Default 10000.
   */
  readonly channelTimeoutMs?: number | undefined;
  /** Called with each finished row. */
  readonly onRow?:
    ((row: MatrixRow, progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Abort ends every launch, removes what was made, and rethrows the reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Launches a plugin in every cell, calls it, stops it, and compares what happened with what was predicted. What goes
 * wrong in one cell or on one engine is the outcome of the cells that it concerns. Nothing is left behind: containers
 * that a launch could not remove are removed at the end, and what an engine does not remove then is told in `leftovers`.
 *
 * @throws ImageNotPresentError when no engine has the image; the error of an engine when none can tell of it
 */
export async function liveMatrix(options: LiveMatrixOptions): Promise<MatrixResult> {
  checkMatrixOptions(options);
  return launchMatrix(options, []);
}

/** @param missing images that could not be given to an engine; cells that need them have the error for their outcome */
export async function launchMatrix(
  options: LiveMatrixOptions,
  missing: readonly MissingImage[],
): Promise<MatrixResult> {
  const { signal = new AbortController().signal } = options;
  const matrixId = randomUUID();
  const planned = await planLiveCells(options, missing, signal);
  let done = 0;
  const launchOne = async (cell: LiveCell | UnplannedCell): Promise<MatrixRow> => {
    const finished = await rowAfter(cell, options, { matrixId, signal });
    done += 1;
    options.onRow?.(finished, { done, total: planned.length });
    return finished;
  };
  const engines = [...new Set(planned.flatMap(({ engine }) => engine ?? []))];
  let cells: MatrixRow[];
  try {
    cells = await inParallel(planned, launchOne, {
      keyOf: ({ engine }) => engine,
      perKey: options.parallelPerEngine ?? 2,
      overall: options.parallel ?? 2 * availableParallelism(),
      signal,
    });
  } catch (error) {
    await removeLeftovers(engines, matrixId); // the first error is the reason to report
    throw error;
  }
  const leftovers = await removeLeftovers(engines, matrixId);
  return { cells, summary: summarise(cells), ...(leftovers.length > 0 && { leftovers }) };
}

async function rowAfter(
  cell: LiveCell | UnplannedCell,
  options: LiveMatrixOptions,
  run: { matrixId: string; signal: AbortSignal },
): Promise<MatrixRow> {
  const { row } = cell;
  if (!('outcome' in cell)) {
    const live = await launchCell(cell, options, run);
    return live === undefined ? row : withOutcome(row, live);
  }
  // That a cell could not be planned is no proof of its refusal.
  return row.verdict === 'refused' ? { ...row, live: cell.outcome } : withOutcome(row, cell.outcome);
}
