/** Plans every cell of a live matrix as its launch does. A cell that can't be planned has that for its outcome. */
import { orAborted } from '../abort.ts';
import {
  gatherHostFacts,
  planCells,
  predict,
  type CommonRequirements,
  type EngineFacts,
  type ImageFacts,
  type LiveOutcome,
  type MatrixCell,
  type MatrixRow,
  type PlannedCell,
} from '../compatibility/index.ts';
import { rowOf } from '../compatibility/internal.ts';
import {
  checkLaunchWithin,
  firstImageFacts,
  planLaunch,
  rememberedEngineFacts,
  type LaunchOptions,
  type LaunchPlan,
} from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { cellMsOf, errorOf } from './cell-error.ts';
import type { LiveMatrixOptions, MatrixLaunch } from './live.ts';

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

/** A cell that could not be planned, with what is predicted for it from the facts that there are. */
export interface UnplannedCell {
  readonly row: MatrixRow;
  readonly engine: undefined;
  readonly outcome: LiveOutcome;
}

/** An engine that could not be given an image, and why. */
export interface MissingImage {
  readonly engine: Engine;
  readonly image: string;
  readonly error: unknown;
}

/**
 * @param missing images that could not be given to an engine; cells that need them are not launched
 * @throws what concerns all cells: wrong options, and the errors of `firstImageFacts`
 */
export async function planLiveCells(
  options: LiveMatrixOptions,
  missing: readonly MissingImage[],
  signal: AbortSignal,
): Promise<(LiveCell | UnplannedCell)[]> {
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
  const lacking = new Set(missing.filter(({ image }) => image === options.image).map(({ engine }) => engine));
  const having = options.engines.filter((engine) => !lacking.has(engine));
  const image = await firstImageFacts(having, options.image, { cacheDirectory, signal });
  return Promise.all(
    planCells([...engines.keys()], image, options.filter).map((planned) =>
      planCell(planned, { engine: engines.get(planned.engine) ?? first, image, missing, options, signal }),
    ),
  );
}

interface Site {
  readonly engine: Engine;
  readonly image: ImageFacts;
  readonly missing: readonly MissingImage[];
  readonly options: LiveMatrixOptions;
  readonly signal: AbortSignal;
}

/** Plans a cell as its launch does. The launch follows this plan unless it needs another engine. */
async function planCell(planned: PlannedCell, site: Site): Promise<LiveCell | UnplannedCell> {
  const { cell } = planned;
  const { engine: given, missing, options, signal } = site;
  const begin = performance.now();
  const limit = AbortSignal.timeout(cellMsOf(options));
  const both = AbortSignal.any([signal, limit]);
  let launch: LaunchOptions | undefined;
  let row: MatrixRow | undefined;
  try {
    launch = launchOptions(planned, options);
    const { image } = launch;
    const lack = missing.find((each) => each.engine === given && each.image === image);
    if (lack !== undefined) throw lack.error;
    const plan = await planLaunch(given, launch, { ownService: true, signal: both });
    row = rowOf(cell, plan.facts.engine, plan.verdict);
    const asPlanned = plan.strategy.service === 'given';
    const isLaunched = options.forced !== false || row.verdict === 'works';
    const { runtime } = row;
    const own = async () => (isLaunched ? options.ownEngine?.(given, runtime) : undefined);
    const engine = asPlanned ? (isLaunched ? given : undefined) : await orAborted(own(), both);
    return { cell, launch, plan, row, asPlanned, engine };
  } catch (error) {
    signal.throwIfAborted();
    const outcome: LiveOutcome = {
      ok: false,
      milliseconds: Math.round(performance.now() - begin),
      error: errorOf(error, limit.aborted ? cellMsOf(options) : undefined),
    };
    const wishes = error instanceof InvalidOptionError ? undefined : launch;
    return { row: row ?? (await predicted(planned, site, wishes)), engine: undefined, outcome };
  }
}

function launchOptions({ cell, wishes }: PlannedCell, options: LiveMatrixOptions): LaunchOptions {
  const common = launchOf(options, cell);
  return {
    ...common,
    image: options.imageOf?.(cell) ?? options.image,
    runtime: wishes.runtime,
    user: wishes.user,
    mlock: wishes.mlock,
    env: { ...(cell.mlock && { VAULT_PLUGIN_MLOCK_ENABLED: 'true' }), ...common.env },
    override: 'refused',
  };
}

/** Judges a cell by what its engine said before it could not be asked any more. */
async function predicted(
  planned: PlannedCell,
  { image, options }: Site,
  requirements: CommonRequirements | undefined,
): Promise<MatrixRow> {
  const { socketDirectory } = launchOf(options, undefined);
  const host = await gatherHostFacts({ socketDirectory, ownedFolder: false });
  return predict(planned, { host, image }, requirements);
}

function launchOf({ launch }: LiveMatrixOptions, cell: MatrixCell | undefined): MatrixLaunch {
  if (typeof launch !== 'function') return launch;
  return launch(cell ?? { engine: 'docker', mode: 'rootful', runtime: 'runc', user: 'root', mlock: false });
}
