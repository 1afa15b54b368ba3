import { BulkheadError } from '../../errors.ts';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { text, toggle, type FlagValues } from '../flags.ts';
import { checkField, fieldFlag, formatFlag, printData } from '../output/document.ts';
import { plainJson } from '../output/plain-text.ts';
import { enginesFlag } from './engine-flag.ts';
import { closeEngines, everyEngine, type EnginePlace, type EveryEngineOptions } from './every-engine.ts';
import type { DoctorReport } from './doctor-report.ts';
import { socketDirectoryFlag } from './socket-directory-flag.ts';
import { writeUserFile } from '../user-files.ts';
import { UsageError } from '../usage-error.ts';
import { lazyModules } from '../lazy-modules.ts';

const doctorFlags = {
  engine: enginesFlag('only the engine at this socket (default: every place where one may be)'),
  socket_directory: socketDirectoryFlag,
  record: text('FILE', 'write the facts to a file, for matrix -facts on another host', { path: true }),
  fix: toggle('show what to change in the settings of each engine, line by line, so that more works'),
  write: toggle('with -fix: make the changes, and keep a copy of each file'),
  config_file: text(
    'FILE',
    "with -fix and one -engine: the engine's settings, where it reads them from here",
    {
      path: true,
    },
  ),
  field: fieldFlag,
  format: formatFlag,
};

export const doctor = command({
  name: 'doctor',
  summary: 'this host: engines, runtimes, sockets, permissions, limits, and what to fix',
  details: [
    "Exit code 0 where plugins can run in at least one way, 1 where they can't. What to do comes with the cells of the matrix that it opens.",
    '-fix shows changes of daemon.json, containers.conf, or a drop-in of the unit. -write refuses a file that it does not understand whole (a comment in JSON, an unknown form), a link, and one of another user. No engine is restarted: what to do is said.',
    'Where no engine is found, a Podman service is started, as for a launch, and ended again.',
  ],
  examples: ['doctor', 'doctor -format=json', 'doctor -record=facts.json', 'doctor -fix -write'],
  flags: doctorFlags,
  async run({ flags }, context) {
    const { terminal, signal } = context;
    checkFixFlags(flags);
    checkField(flags.field, flags.fix ? ['fixes'] : ['ok', 'host', 'engines', 'summary', 'findings']);
    const socketDirectory = flags.socket_directory;
    const places = await everyPlace(flags.engine, { signal, embedded: { socketDirectory } });
    try {
      const report = await examine(places, { socketDirectory, signal });
      if (flags.record !== undefined) await record(flags.record, report);
      if (flags.fix) return await (await import('./doctor-fix.ts')).fixEngines(report, flags, context);
      const { doctorData, doctorLines } = await import('./doctor-report.ts');
      const lines = () => doctorLines(report, terminal.paint);
      printData(terminal, flags.format, doctorData(report), lines, flags);
      return report.matrix.summary.works > 0 ? exitCodes.ok : exitCodes.no;
    } finally {
      await closeEngines(places);
    }
  },
});

export type DoctorFlags = FlagValues<typeof doctorFlags>;

function checkFixFlags({ fix, write, config_file: file, engine }: DoctorFlags): void {
  if (write && !fix) throw new UsageError('-write makes the changes that -fix shows: give -fix too');
  if (file !== undefined && (!fix || engine.length !== 1))
    throw new UsageError('-config_file is the settings of one engine: give -fix, and one -engine');
}

/** Lists a setting that names no usable engine as a place too: it is what the user wants to know about. */
async function everyPlace(
  sockets: readonly string[],
  options: EveryEngineOptions,
): Promise<readonly EnginePlace[]> {
  return everyEngine(sockets, options).catch((error: unknown) => {
    options.signal.throwIfAborted();
    if (!(error instanceof BulkheadError)) throw error;
    return [{ socketPath: '', source: 'the engine that is set', found: { error } }];
  });
}

async function examine(
  places: readonly EnginePlace[],
  options: { readonly socketDirectory: string | undefined; readonly signal: AbortSignal },
): Promise<DoctorReport> {
  const { dryMatrix, gatherEngineFacts, gatherHostFacts } = await lazyModules.compatibility();
  const [host, engines] = await Promise.all([
    gatherHostFacts({ socketDirectory: options.socketDirectory }),
    Promise.all(
      places.map(async ({ socketPath, source, found }) => {
        const facts = 'engine' in found ? await gatherEngineFacts(found.engine, options) : undefined;
        return { socketPath, source, facts, error: 'error' in found ? found.error : undefined };
      }),
    ),
  ]);
  const known = engines.flatMap(({ facts }) => facts ?? []);
  return { host, engines, matrix: dryMatrix({ host, engines: known }) };
}

async function record(file: string, { host, engines }: DoctorReport): Promise<void> {
  const { factsFile } = await lazyModules.compatibility();
  const known = engines.flatMap(({ facts }) => facts ?? []);
  if (known.length === 0) {
    throw new BulkheadError('ENGINE_NONE_FOUND', 'no engine answers: there are no facts to record');
  }
  await writeUserFile(file, `${plainJson(factsFile({ host, engines: known }), 2)}\n`);
}
