import { randomUUID } from 'node:crypto';
import type { Engine } from '../../engine/index.ts';
import type { Place, SoakResult } from '../../soak/index.ts';
import { command, type Context } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { texts, whole } from '../flags.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import { UsageError } from '../usage-error.ts';
import { answering } from './answering-engines.ts';
import { enginesFlag } from './engine-flag.ts';
import { closeEngines, everyEngine } from './every-engine.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';
import { lazyModules } from '../lazy-modules.ts';

const soakFlags = {
  count: whole('N', 'how many trials (default: 20)'),
  seed: whole('S', 'what the trials are drawn from; the same seed draws the same trials (default: the time)'),
  runtime: texts('NAME', 'runtime of the plugins (default: the one of each engine)'),
  engine: enginesFlag('only the engine at this socket (default: every engine that is found)'),
  socket_directory: socketDirectoryFlag,
  field: fieldFlag,
  format: formatFlag,
};

export const soak = command({
  name: 'soak',
  summary:
    'try plugins on these engines under faults that are drawn from a seed, and check that nothing is lost or left',
  details: [
    'Each trial launches the probe that is brought along, calls and reloads it, alone or with others, while its engine answers late, never, wrongly or not at all, its container is ended by somebody else, or the caller gives up. The faults of an engine are made by a proxy before it: the engine itself and its other containers are left alone.',
    'After each trial everything that was begun has ended; every error blames the right party; no container, folder, process or socket is left; and the host serves the next request. Exit code 0, or 1 where something of this does not hold; the seed of the trial repeats it.',
    'In a long run, of a few hundred trials on each engine, neither the memory nor the descriptors of this process may grow from trial to trial.',
    'JSON: { seed, trials, failed: [{ seed, trial, wrongs }], grows: [text] }.',
  ],
  examples: ['soak', 'soak -count=200 -seed=7', 'soak -runtime=runc -engine=/run/podman/podman.sock'],
  flags: soakFlags,
  async run({ flags }, context) {
    checkField(flags.field, ['seed', 'trials', 'failed', 'grows']);
    const { count = 20, seed = Date.now() % 2 ** 32 } = flags;
    if (count < 1) throw new UsageError('-count: at least one trial is needed');
    if (seed >= 2 ** 32) throw new UsageError('-seed: the highest seed is 4294967295');
    const { terminal, signal } = context;
    const places = await everyEngine(flags.engine, { signal });
    try {
      const engines = answering(places);
      const result = await tryOut(engines, { ...flags, count, seed }, context);
      const { trialWords, whatGrows } = await lazyModules.soak();
      const failed = result.failures.map(({ result: { trial, wrongs } }) => ({
        seed: trial.seed,
        trial: trialWords(trial, nameOf(engines, trial.place, flags.runtime)),
        wrongs,
      }));
      const grows = whatGrows(result.samples);
      const data = { seed, trials: result.results.length, failed, grows };
      printData(terminal, flags.format, data, () => lines(data), flags);
      signal.throwIfAborted();
      return failed.length + grows.length === 0 ? exitCodes.ok : exitCodes.no;
    } finally {
      await closeEngines(places);
    }
  },
});

interface SoakData {
  readonly seed: number;
  readonly trials: number;
  readonly failed: readonly {
    readonly seed: number;
    readonly trial: string;
    readonly wrongs: readonly string[];
  }[];
  /** Each text says what grew from trial to trial. */
  readonly grows: readonly string[];
}

function lines({ seed, trials, failed, grows }: SoakData): string[] {
  return [
    `${trials} trials from the seed ${seed}, ${failed.length} failed.`,
    ...failed.flatMap(({ seed: own, trial, wrongs }) => [
      `Again with -seed=${own} -count=1: ${trial}`,
      ...wrongs.map((wrong) => `  ${wrong}`),
    ]),
    ...grows.map((what) => `Not flat: ${what}.`),
  ].map(plainText);
}

async function tryOut(
  engines: readonly Engine[],
  options: {
    readonly count: number;
    readonly seed: number;
    readonly runtime: readonly string[];
    readonly socket_directory: string | undefined;
  },
  { signal, terminal }: Context,
): Promise<SoakResult> {
  const { probeAt, soak: run, trialWords } = await lazyModules.soak();
  const places = placesOf(engines, options.runtime, options.socket_directory);
  terminal.progress('packing the probe');
  const { ownLaunches } = await import('../../host/internal.ts');
  const own = await ownLaunches({ parent: options.socket_directory, pluginName: 'probe', engines });
  const name = randomUUID().slice(0, 8);
  const probe = await probeAt(engines, { name, labels: own.labels, signal }).catch(async (error: unknown) => {
    await own[Symbol.asyncDispose]();
    throw error;
  });
  try {
    return await run({
      places,
      subject: probe.subject,
      probe,
      count: options.count,
      seed: options.seed,
      shrinking: false,
      signal,
      onTrial: ({ trial, wrongs }, { done }) => {
        const words = trialWords(trial, places[trial.place]?.name ?? '');
        terminal.progress(
          `${done} of ${options.count}: ${wrongs.length === 0 ? 'held' : 'FAILED'}: ${words}`,
        );
      },
    });
  } finally {
    terminal.progress('');
    // Without force, which a Podman before 5 can't do safely; its containers are gone by now.
    for (const engine of engines) await engine.images.remove(probe.image).catch(() => undefined);
    await own[Symbol.asyncDispose]();
  }
}

function placesOf(
  engines: readonly Engine[],
  runtimes: readonly string[],
  shareDirectory: string | undefined,
): Place[] {
  return engines.flatMap((engine) =>
    runtimesOf(engine, runtimes).map((runtime) => ({
      name: `${engine.kind} ${engine.version} ${engine.rootless ? 'rootless ' : ''}${runtime}`,
      socketPath: engine.socketPath,
      runtime,
      shareDirectory,
      proxied: !(engine.kind === 'docker' && engine.rootless),
    })),
  );
}

function runtimesOf({ info }: Engine, runtimes: readonly string[]): readonly string[] {
  return runtimes.length === 0 ? [info.defaultRuntime.split('/').at(-1) ?? 'runc'] : runtimes;
}

function nameOf(engines: readonly Engine[], place: number, runtimes: readonly string[]): string {
  return placesOf(engines, runtimes, undefined)[place]?.name ?? '';
}
