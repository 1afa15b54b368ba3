import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  gatherEngineFacts,
  gatherHostFacts,
  gatherImageFacts,
  planCells,
  predict,
  summarise,
  withOutcome,
  type CellFilter,
  type EngineFacts,
  type ImageFacts,
  type MatrixCell,
  type MatrixResult,
  type MatrixRow,
  type PlannedCell,
} from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Plugin } from '../goplugin/index.ts';
import { ImageNotPresentError, type LaunchOptions } from '../container/index.ts';
import { checkMatrixOptions } from './matrix-options.ts';
import { launchCell } from './launch-cell.ts';
import { inParallel } from './in-parallel.ts';
import { removeLeftovers } from './leftovers.ts';

/** How the plugins of a live matrix are started; those of the cell itself are set by the matrix. */
export type MatrixLaunch = Omit<
  LaunchOptions,
  'image' | 'runtime' | 'user' | 'mlock' | 'signal' | 'override' | 'handshake'
> &
  Pick<LaunchOptions, 'handshake'>;

export interface LiveMatrixOptions {
  /** Engines that have the image. A Podman before 6 runs one runtime, so it is given once for each of its services. */
  readonly engines: readonly Engine[];
  readonly image: string;
  /** The image of a cell, where it is not `image`: it must have the same user. */
  readonly imageOf?: ((cell: MatrixCell) => string | undefined) | undefined;
  /**
   * How to start the plugin in a cell. With mlock it has to be told to lock its memory; default: by the variable
   * `VAULT_PLUGIN_MLOCK_ENABLED`, as Vault tells its plugins.
   */
  readonly launch: MatrixLaunch | ((cell: MatrixCell) => MatrixLaunch);
  /** What is done with each plugin that is up. Default: it is asked for its health. */
  readonly exercise?:
    ((plugin: Plugin, context: { readonly signal: AbortSignal }) => Promise<void>) | undefined;
  /** Launches cells that are refused or unknown too, to see whether that is true. Default true. */
  readonly forced?: boolean | undefined;
  readonly filter?: CellFilter | undefined;
  /**
   * The engine for cells that need a Podman service of our own; they are not launched without it. The caller closes it.
   */
  readonly ownEngine?: ((engine: Engine, runtime: string) => Promise<Engine>) | undefined;
  /** Launches at one engine at the same time. Default 2. */
  readonly parallelPerEngine?: number | undefined;
  /** Launches at the same time. Default: twice the number of processors. */
  readonly parallel?: number | undefined;
  /** Limit for one cell, in milliseconds. Default 60000. */
  readonly cellTimeoutMs?: number | undefined;
  /** Called with each row that is done. */
  readonly onRow?:
    ((row: MatrixRow, progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Abort ends every launch, removes what was made, and rethrows the reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Launches a plugin in every cell, calls it, stops it, and puts what happened beside what was predicted. Nothing is left
 * behind: what a launch could not remove is removed at the end.
 *
 * @throws ImageNotPresentError when an engine does not have an image; the errors of engines when they are asked
 */
export async function liveMatrix(options: LiveMatrixOptions): Promise<MatrixResult> {
  checkMatrixOptions(options);
  const { signal = new AbortController().signal } = options;
  const matrixId = randomUUID();
  const planned = await plan(options, signal);
  let done = 0;
  const launchOne = async ({ cell, row, engine }: LiveCell): Promise<MatrixRow> => {
    const live = engine && (await launchCell(engine, cell, row, options, { matrixId, signal }));
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

interface LiveCell {
  readonly cell: PlannedCell;
  readonly row: MatrixRow;
  /** Absent where it is not to be launched. */
  readonly engine: Engine | undefined;
}

async function plan(options: LiveMatrixOptions, signal: AbortSignal): Promise<LiveCell[]> {
  const [first] = options.engines;
  if (first === undefined)
    throw new InvalidOptionError('engines', 'is empty: there is no engine to launch on');
  const directory = launchOf(options, undefined).socketDirectory;
  const host = await gatherHostFacts({ socketDirectory: directory });
  const images = new Map<string, ImageFacts>();
  const engines = new Map<EngineFacts, Engine>();
  for (const engine of options.engines) {
    engines.set(await gatherEngineFacts(engine, { socketDirectory: directory, signal }), engine);
  }
  const image = await imageFacts(first, options.image, options, images, signal);
  const cells = planCells([...engines.keys()], image, options.filter);
  return Promise.all(
    cells.map(async (cell) => {
      const given = engines.get(cell.engine) ?? first;
      const reference = options.imageOf?.(cell.cell) ?? options.image;
      const row = predict(cell, { host, image: await imageFacts(given, reference, options, images, signal) });
      return { cell, row, engine: await engineFor(given, row, options) };
    }),
  );
}

async function engineFor(
  given: Engine,
  row: MatrixRow,
  options: LiveMatrixOptions,
): Promise<Engine | undefined> {
  if (options.forced === false && row.verdict !== 'works') return undefined;
  return row.strategy.service === 'given' ? given : options.ownEngine?.(given, row.runtime);
}

/** An image is the same on every engine that has it under this name: it is read once. */
async function imageFacts(
  engine: Engine,
  reference: string,
  options: LiveMatrixOptions,
  known: Map<string, ImageFacts>,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const cacheDirectory = launchOf(options, undefined).imageCacheDirectory;
  const facts =
    known.get(reference) ?? (await gatherImageFacts(engine, reference, { cacheDirectory, signal }));
  if ('absent' in facts) throw new ImageNotPresentError(reference, `${engine.kind} at ${engine.socketPath}`);
  known.set(reference, facts);
  return facts;
}

export function launchOf({ launch }: LiveMatrixOptions, cell: MatrixCell | undefined): MatrixLaunch {
  if (typeof launch !== 'function') return launch;
  return launch(cell ?? { engine: 'docker', mode: 'rootful', runtime: 'runc', user: 'root', mlock: false });
}
