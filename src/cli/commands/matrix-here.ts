import {
  cellName,
  dryMatrix,
  gatherEngineFacts,
  gatherHostFacts,
  userImageCache,
  type CellFilter,
  type MatrixResult,
} from '../../compatibility/index.ts';
import { firstImageFacts } from '../../container/index.ts';
import { liveMatrix, liveProbeMatrix, type LiveMatrixOptions } from '../../matrix/index.ts';
import type { Engine } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import { PluginHost } from '../../host/index.ts';
import { ownLaunches, sweepOwnLaunches, type OwnLaunches } from '../../host/internal.ts';
import type { Context } from '../command.ts';
import { plainText } from '../output/plain-text.ts';
import { wordsOf } from '../matrix/report.ts';
import { callByName, wantedCall } from '../../goplugin/internal.ts';
import { answering } from './answering-engines.ts';
import { directoryOf } from './directory.ts';
import { closeEngines, everyEngine, type EnginePlace } from './every-engine.ts';
import { userInfoCache } from './info-cache.ts';
import { judgedOptions, matrixLaunch } from './launch-flags.ts';
import type { MatrixFlags } from './matrix.ts';

/** Predicts every cell of this host's engines from facts and rules. */
export async function dryMatrixHere(
  image: string | undefined,
  flags: MatrixFlags,
  filter: CellFilter,
  { signal }: Context,
): Promise<MatrixResult> {
  const places = await everyEngine(flags.engine, {
    signal,
    infoCache: await userInfoCache(),
    embedded: { socketDirectory: flags.socket_directory },
  });
  try {
    const engines = answering(places);
    const options = { socketDirectory: flags.socket_directory, signal };
    const [host, facts, imageFacts] = await Promise.all([
      gatherHostFacts({ socketDirectory: options.socketDirectory }),
      Promise.all(engines.map((engine) => gatherEngineFacts(engine, options))),
      image === undefined
        ? undefined
        : firstImageFacts(engines, image, { cacheDirectory: userImageCache(), signal }),
    ]);
    return dryMatrix(
      { host, engines: facts, image: imageFacts },
      { filter, requirements: judgedOptions(flags) },
    );
  } finally {
    await closeEngines(places);
  }
}

/** Launches the image, or the probe that is brought along, in every cell, and adds the results to the prediction. */
export async function liveMatrixHere(
  image: string | undefined,
  flags: MatrixFlags,
  filter: CellFilter,
  context: Context,
): Promise<MatrixResult> {
  const { signal, terminal } = context;
  const directory = directoryOf(flags.directory, context);
  const launch = image === undefined ? undefined : await matrixLaunch(flags, directory);
  const parent = flags.socket_directory;
  const startTimeoutMs = inMilliseconds(flags.start_timeout);
  const places = await everyEngine(flags.engine, { signal, embedded: { socketDirectory: parent } });
  const services = new Map<Engine, Promise<PluginHost>>();
  const serviceOf = (engine: Engine): Promise<PluginHost> => {
    const found =
      services.get(engine) ??
      PluginHost.open({
        ...{ socketPath: engine.socketPath, sweep: false, signal },
        podman: { startTimeoutMs: inMilliseconds(flags.start_timeout ?? flags.cell_timeout) },
      });
    services.set(engine, found);
    // One that could not be opened for a cell is tried again for the next.
    found.catch(() => services.delete(engine));
    return found;
  };
  let own: OwnLaunches | undefined;
  let result: MatrixResult;
  try {
    const engines = answering(places);
    const { failures } = await sweepOwnLaunches(engines, { parent, signal });
    for (const failure of failures)
      terminal.err(plainText(`An earlier matrix has left something: ${failure}`));
    own = await ownLaunches({ parent, pluginName: image ?? 'probe', engines });
    const { labels, ownedFolder: socketDirectory } = own;
    const options: Omit<LiveMatrixOptions, 'image' | 'launch'> = {
      engines,
      filter,
      signal,
      cellTimeoutMs: inMilliseconds(flags.cell_timeout),
      channelTimeoutMs: inMilliseconds(flags.channel_timeout),
      ownEngine: async (engine, runtime) => (await serviceOf(engine)).engine(runtime),
      onRow: (row, { done, total }) => {
        terminal.progress(`${done} of ${total}: ${cellName(row)}: ${wordsOf(row)}`);
      },
    };
    if (image !== undefined && launch !== undefined) {
      result = await liveMatrix({
        ...options,
        image,
        launch: (cell) => ({ ...launch(cell), startTimeoutMs, labels, socketDirectory }),
        exercise: await exerciseOf(flags),
      });
    } else {
      terminal.progress('packing the probe');
      result = await liveProbeMatrix({
        ...options,
        loadTimeoutMs: inMilliseconds(flags.load_timeout),
        launch: {
          ...judgedOptions(flags),
          startTimeoutMs,
          autoMtls: !flags.no_mtls,
          labels,
          socketDirectory,
        },
      });
    }
  } catch (error) {
    await endAll(own, services.values(), places);
    throw error;
  } finally {
    terminal.progress('');
  }
  // The result is told in any case, even if an engine or a folder of the matrix can't be removed.
  const leftovers = [...(result.leftovers ?? []), ...(await endAll(own, services.values(), places))];
  return { ...result, ...(leftovers.length > 0 && { leftovers }) };
}

/** Ends what a matrix has used. @returns a sentence for each that failed */
async function endAll(
  own: OwnLaunches | undefined,
  services: Iterable<Promise<PluginHost>>,
  places: readonly EnginePlace[],
): Promise<string[]> {
  const hosts = (await Promise.allSettled(services)).flatMap((each) =>
    each.status === 'fulfilled' ? [each.value] : [],
  );
  const ends = [
    ...(await Promise.allSettled([own?.[Symbol.asyncDispose]()])),
    ...(await Promise.allSettled(hosts.map((host) => host.close()))),
    ...(await Promise.allSettled([closeEngines(places)])),
  ];
  return ends.flatMap((end) => (end.status === 'rejected' ? [BulkheadError.from(end.reason).message] : []));
}

function inMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

async function exerciseOf({ call, data, type }: MatrixFlags): Promise<LiveMatrixOptions['exercise']> {
  if (call !== undefined) {
    const wanted = wantedCall(call, data ?? '{}');
    return async (plugin, { use }) => {
      await use('call', (options) => callByName(plugin, wanted, options, () => undefined));
    };
  }
  if (type !== 'secret' && type !== 'auth' && type !== 'database') return undefined;
  const { exerciseBackend, exerciseDatabase } = await import('../../kinds/vault/exercise.ts');
  return type === 'database' ? exerciseDatabase : exerciseBackend;
}
