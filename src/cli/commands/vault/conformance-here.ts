import { availableParallelism } from 'node:os';
import {
  cellName,
  gatherEngineFacts,
  gatherHostFacts,
  gatherImageFacts,
  planCells,
  predict,
  summarise,
  userImageCache,
  withOutcome,
  type CellFilter,
  type EngineFacts,
  type ImageFacts,
  type MatrixResult,
  type MatrixRow,
  type PlannedCell,
} from '../../../compatibility/index.ts';
import { ImageNotPresentError } from '../../../container/index.ts';
import type { Engine } from '../../../engine/index.ts';
import { BulkheadError } from '../../../errors.ts';
import { PluginHost } from '../../../host/index.ts';
import { sweepOwnLaunches } from '../../../host/internal.ts';
import { inParallel } from '../../../matrix/index.ts';
import { conformanceRun, type ConformanceStep } from '../../../vault/internal.ts';
import type { Context } from '../../command.ts';
import { plainText } from '../../output/plain-text.ts';
import { answering } from '../answering-engines.ts';
import { closeEngines, everyEngine } from '../every-engine.ts';
import { pair } from '../launch-flags.ts';
import { settingsOf } from '../setting-flags.ts';
import type { TestFlags } from './test.ts';

/** A cell, with what is needed to run the plugin in it. */
interface CellToRun {
  readonly row: MatrixRow;
  readonly planned: PlannedCell;
  readonly engine: Engine;
  /** Why nothing can be run in it: its engine does not tell of the image. */
  readonly failure?: ConformanceStep | undefined;
}

export interface ConformanceResult {
  readonly result: MatrixResult;
  /** The steps of each cell of the result. A cell in which the plugin can't run has none. */
  readonly steps: readonly (readonly ConformanceStep[])[];
}

/** Runs the conformance run in every cell in which the plugin can run, on every engine that has the image. */
export async function runConformance(
  image: string,
  flags: TestFlags,
  { filter, config }: { readonly filter: CellFilter; readonly config: Readonly<Record<string, string>> },
  { signal, terminal }: Context,
): Promise<ConformanceResult> {
  const { socket_directory: socketDirectory } = flags;
  const places = await everyEngine(flags.engine, { signal, embedded: { socketDirectory } });
  try {
    const engines = answering(places);
    const { failures } = await sweepOwnLaunches(engines, { parent: socketDirectory, signal });
    for (const failure of failures) terminal.err(plainText(`An earlier run has left something: ${failure}`));
    const cells = await cellsOf(image, engines, flags, { filter, signal }, (message) => {
      terminal.err(plainText(message));
    });
    let done = 0;
    const runs = cells.filter((cell) => isRun(cell, flags));
    const outcomes = await inParallel(
      runs,
      async (cell) => {
        const steps = await conformanceRun(optionsOf(image, cell, flags, config, signal));
        done += 1;
        terminal.progress(`${done} of ${runs.length}: ${cellName(cell.row)}`);
        return steps;
      },
      {
        keyOf: ({ engine }) => engine,
        perKey: 2,
        overall: Math.max(2, availableParallelism()),
        signal,
      },
    );
    const steps = cells.map((cell) =>
      cell.failure === undefined ? (outcomes[runs.indexOf(cell)] ?? []) : [cell.failure],
    );
    const rows = cells.map(({ row }, at) => withSteps(row, steps[at] ?? []));
    return { result: { cells: rows, summary: summarise(rows) }, steps };
  } finally {
    terminal.progress('');
    await closeEngines(places);
  }
}

function isRun({ row: { verdict }, failure }: CellToRun, { override }: TestFlags): boolean {
  if (failure !== undefined) return false;
  return verdict === 'works' || (verdict === 'unknown' && override === 'unknown');
}

function withSteps(row: MatrixRow, steps: readonly ConformanceStep[]): MatrixRow {
  if (steps.length === 0) return row;
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return withOutcome(row, {
    ok: failed === undefined,
    milliseconds: steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    ...(failed?.error !== undefined && {
      error: { ...failed.error, message: `${failed.name}: ${failed.error.message}` },
    }),
  });
}

/**
 * @throws ImageNotPresentError when no engine has the image; the error of an engine when none has it and one could not
 *   tell
 */
async function cellsOf(
  image: string,
  engines: readonly Engine[],
  flags: TestFlags,
  { filter, signal }: { readonly filter: CellFilter; readonly signal: AbortSignal },
  tell: (message: string) => void,
): Promise<CellToRun[]> {
  const { socket_directory: socketDirectory } = flags;
  const host = await gatherHostFacts({ socketDirectory });
  const found = new Map<EngineFacts, Engine>();
  const failures = new Map<Engine, unknown>();
  let facts: ImageFacts | undefined;
  for (const engine of engines) {
    try {
      const seen = await gatherImageFacts(engine, image, { cacheDirectory: userImageCache(), signal });
      if ('absent' in seen) {
        tell(`${engine.kind} at ${engine.socketPath} does not have ${image}, and is left out.`);
        continue;
      }
      facts ??= seen;
    } catch (error) {
      signal.throwIfAborted();
      failures.set(engine, error);
    }
    found.set(await gatherEngineFacts(engine, { socketDirectory, signal }), engine);
  }
  if (facts === undefined && failures.size > 0) throw [...failures.values()][0];
  if (facts === undefined) throw new ImageNotPresentError(image, 'every engine that was found');
  const judged = facts;
  const requirements = {
    ...settingsOf(flags),
    ...(flags.command !== undefined && { entrypoint: [flags.command] }),
    ...(flags.args.length > 0 && { args: flags.args }),
  };
  return planCells([...found.keys()], judged, filter).flatMap((planned) => {
    const engine = found.get(planned.engine);
    if (engine === undefined) return [];
    const row = predict(planned, { host, image: judged }, requirements);
    const failure = failures.has(engine) ? failedStep(failures.get(engine)) : undefined;
    return [{ row, planned, engine, failure }];
  });
}

function failedStep(error: unknown): ConformanceStep {
  const { code, message, hint } = BulkheadError.from(error);
  return {
    ...{ name: 'registers', outcome: 'failed', milliseconds: 0, detail: '' },
    error: { code, message, ...(hint !== undefined && { hint }) },
  };
}

function optionsOf(
  image: string,
  { planned: { wishes }, engine }: CellToRun,
  flags: TestFlags,
  config: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Parameters<typeof conformanceRun>[0] {
  const { socket_directory: socketDirectory, override } = flags;
  const { runtime, user, mlock } = wishes;
  return {
    openHost: () =>
      PluginHost.open({
        socketPath: engine.socketPath,
        ...{ runtime, socketDirectory, override, sweep: false, signal },
      }),
    plugin: {
      ociImage: image,
      command: flags.command,
      ...(flags.args.length > 0 && { args: flags.args }),
      env: Object.fromEntries(flags.env.map((entry) => pair('-env', entry))),
    },
    type: flags.type,
    runtime: { ...settingsOf(flags), ociRuntime: runtime, user, mlock, override },
    config,
    stepMs: (flags.timeout ?? 60) * 1000,
    signal,
  };
}
