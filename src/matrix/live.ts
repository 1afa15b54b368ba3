import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  gatherImageFacts,
  planCells,
  summarise,
  withOutcome,
  type CellFilter,
  type EngineFacts,
  type MatrixCell,
  type MatrixResult,
  type MatrixRow,
  type PlannedCell,
} from '../compatibility/index.ts';
import { rowOf } from '../compatibility/internal.ts';
import type { Engine } from '../engine/index.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Plugin } from '../goplugin/index.ts';
import {
  checkLaunchWithin,
  ImageNotPresentError,
  planLaunch,
  rememberedEngineFacts,
  type LaunchOptions,
  type LaunchPlan,
} from '../container/index.ts';
import type { ExerciseContext } from './channels.ts';
import { checkMatrixOptions } from './matrix-options.ts';
import { launchCell } from './launch-cell.ts';
import { inParallel } from './in-parallel.ts';
import { removeLeftovers } from './leftovers.ts';

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
  /** Time limit for one cell, in milliseconds. Default 60000. */
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
 * Launches a plugin in every cell, calls it, stops it, and compares what happened with what was predicted. Nothing is
 * left behind: containers that a launch could not remove are removed at the end.
 *
 * @throws ImageNotPresentError when the first engine does not have the image; the errors of the engines
 */
export async function liveMatrix(options: LiveMatrixOptions): Promise<MatrixResult> {
  checkMatrixOptions(options);
  const { signal = new AbortController().signal } = options;
  const matrixId = randomUUID();
  const planned = await plan(options, signal);
  let done = 0;
  const launchOne = async (cell: LiveCell): Promise<MatrixRow> => {
    const { row } = cell;
    const live = await launchCell(cell, options, { matrixId, signal });
    const finished = live === undefined ? row : withOutcome(row, live);
    done += 1;
    options.onRow?.(finished, { done, total: planned.length });
    return finished;
  };
  try {
    const cells = await inParallel(planned, launchOne, {
      keyOf: ({ engine }) => engine,
      perKey: options.parallelPerEngine ?? 2,
      overall: options.parallel ?? 2 * availableParallelism(),
      signal,
    });
    return { cells, summary: summarise(cells) };
  } finally {
    await removeLeftovers([...new Set(planned.flatMap(({ engine }) => engine ?? []))], matrixId);
  }
}

/** A cell with the plan of its launch. */
export interface LiveCell {
  readonly cell: MatrixCell;
  readonly launch: LaunchOptions;
  readonly plan: LaunchPlan;
  readonly row: MatrixRow;
  /** The engine to launch on; absent when the cell is not launched. */
  readonly engine: Engine | undefined;
  /** Whether `engine` is the one that the plan was made for, and not a Podman service of our own. */
  readonly asPlanned: boolean;
}

async function plan(options: LiveMatrixOptions, signal: AbortSignal): Promise<LiveCell[]> {
  const [first] = options.engines;
  if (first === undefined)
    throw new InvalidOptionError('engines', 'is empty: there is no engine to launch on');
  const common = launchOf(options, undefined);
  checkLaunchWithin('liveMatrix', { launch: { ...common, image: options.image } });
  const { socketDirectory, imageCacheDirectory: cacheDirectory } = common;
  const engines = new Map<EngineFacts, Engine>();
  for (const engine of options.engines) {
    engines.set(await rememberedEngineFacts(engine, socketDirectory, { signal }), engine);
  }
  const image = await gatherImageFacts(first, options.image, { cacheDirectory, signal });
  if ('absent' in image)
    throw new ImageNotPresentError(options.image, `${first.kind} at ${first.socketPath}`);
  return Promise.all(
    planCells([...engines.keys()], image, options.filter).map((cell) =>
      planCell(cell, engines.get(cell.engine) ?? first, options, signal),
    ),
  );
}

/** Plans a cell as its launch does. The launch follows this plan unless it needs another engine. */
async function planCell(
  { cell, wishes }: PlannedCell,
  given: Engine,
  options: LiveMatrixOptions,
  signal: AbortSignal,
): Promise<LiveCell> {
  const common = launchOf(options, cell);
  const launch: LaunchOptions = {
    ...common,
    image: options.imageOf?.(cell) ?? options.image,
    runtime: wishes.runtime,
    user: wishes.user,
    mlock: wishes.mlock,
    env: { ...(cell.mlock && { VAULT_PLUGIN_MLOCK_ENABLED: 'true' }), ...common.env },
    override: 'refused',
  };
  const plan = await planLaunch(given, launch, { ownService: true, signal });
  const row = rowOf(cell, plan.facts.engine, plan.verdict);
  const asPlanned = plan.strategy.service === 'given';
  const isLaunched = options.forced !== false || row.verdict === 'works';
  const own = asPlanned || !isLaunched ? undefined : await options.ownEngine?.(given, row.runtime);
  return { cell, launch, plan, row, asPlanned, engine: asPlanned && isLaunched ? given : own };
}

export function launchOf({ launch }: LiveMatrixOptions, cell: MatrixCell | undefined): MatrixLaunch {
  if (typeof launch !== 'function') return launch;
  return launch(cell ?? { engine: 'docker', mode: 'rootful', runtime: 'runc', user: 'root', mlock: false });
}
