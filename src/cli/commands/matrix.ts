import type { CellFilter, MatrixCell, MatrixResult } from '../../compatibility/index.ts';
import { command, type Context } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { optionalChoice, text, texts, toggle, whole, type FlagValues } from '../flags.ts';
import { parseFilter } from '../matrix/cells-of-words.ts';
import { formatMatrix, matrixData, matrixFormats } from '../matrix/formats.ts';
import { fieldFlag } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import { checkReportField, openReportOutput } from '../matrix/report-output.ts';
import { isGood, summaryWords, type MatrixReport } from '../matrix/report.ts';
import { UsageError } from '../usage-error.ts';
import { readUserFile } from '../user-files.ts';
import { directoryFlag, directoryOf } from './directory.ts';
import { enginesFlag } from './engine-flag.ts';
import { judgedOptions, kindOf, lockingFlags, matrixLaunchFlags } from './launch-flags.ts';
import { packageVersion } from '../package-version.ts';
import { lazyModules } from '../lazy-modules.ts';

const matrixFlags = {
  dry: toggle('predict every cell from facts and rules alone; the default'),
  live: toggle(
    'really launch a plugin in every cell, call it, stop it, and compare: IMAGE, or one that is brought along',
  ),
  filter: texts('NAME=VALUE[,VALUE]', 'only these cells: engine, mode, runtime, user, mlock=on|off'),
  require: text('FILE', 'cells that must work: a filter in each line, or JSON', { path: true }),
  facts: text('FILE', 'predict for the host that wrote these facts (doctor -record), not for this one', {
    path: true,
  }),
  format: optionalChoice(
    matrixFormats,
    'how to print the matrix (default: table, or as the ending of -output says)',
  ),
  field: fieldFlag,
  output: texts('FILE', 'write it to a file: .html, .xml (JUnit), .md, .json, .yaml, .txt', { path: true }),
  engine: enginesFlag('only the engine at this socket (default: every engine that is found)'),
  override: optionalChoice(
    ['unknown'],
    'a cell whose verdict is unknown counts as one that works for -require, because its launch would go ahead',
  ),
  call: text(
    'SERVICE/METHOD',
    'with -live: a call that each plugin must answer; for -type=secret or auth the default is its set-up with a storage that it must reach through the broker. Health and end are asked for in any case',
  ),
  data: text('JSON', 'with -call: its request'),
  cell_timeout: whole('SECONDS', 'with -live: how long one cell may take; default 60'),
  start_timeout: whole(
    'SECONDS',
    'with -live: how long a plugin may take to start; default: as long as its cell',
  ),
  channel_timeout: whole(
    'SECONDS',
    'with -live: how long one use of a channel may take, as the health check or the end; default 10',
  ),
  load_timeout: whole(
    'SECONDS',
    'with -live and no IMAGE: how long each engine may take to load one that is brought along; default 120',
  ),
  directory: directoryFlag,
  ...lockingFlags,
  ...matrixLaunchFlags,
};

export type MatrixFlags = FlagValues<typeof matrixFlags>;

export const matrix = command({
  name: 'matrix',
  summary:
    'every combination of engine, mode, runtime, user and mlock: what works here and what would have to change',
  details: [
    'Exit code 0, or 1 where a cell went otherwise than predicted (-live), something could not be removed, or one of -require does not work.',
    'JSON: { cells: [{ engine, mode, version, socketPath, runtime, user, mlock, verdict, reasons, strategy, live: { ok, milliseconds, channels, error }, agrees }], summary, leftovers, unmet }.',
  ],
  examples: [
    'matrix',
    'matrix localhost/kv:1 -filter=runtime=runsc,runc -filter=mlock=on',
    'matrix -live',
    'matrix localhost/kv:1 -live -cookie=BASIC_PLUGIN=hello -output=matrix.html -output=matrix.xml',
    'matrix -require=cells.txt -format=junit',
  ],
  positionals: [{ name: 'IMAGE', optional: true }],
  flags: matrixFlags,
  async run({ args: [image], flags }, context) {
    const filter = parseFilter(flags.filter);
    checkFlags(image, flags);
    const output = await openReportOutput(flags, context);
    const report = await reportOf(image, flags, filter, output.required, context);
    for (const left of report.result.leftovers ?? [])
      context.terminal.err(plainText(`Something may be left: ${left}`));
    await output.put({
      data: matrixData(report),
      summary: summaryWords(report.result),
      format: (format, paint) => formatMatrix(report, format, paint),
    });
    return isGood(report) ? exitCodes.ok : exitCodes.no;
  },
});

async function reportOf(
  image: string | undefined,
  flags: MatrixFlags,
  filter: CellFilter,
  required: readonly Partial<MatrixCell>[] | undefined,
  context: Context,
): Promise<MatrixReport> {
  const result = await resultOf(image, flags, filter, context);
  const { unmetCells, usualRuntimes } = await lazyModules.compatibility();
  refuseUnknownRuntimes(result, filter, usualRuntimes);
  return {
    result,
    image,
    generatedAt: new Date(),
    version: packageVersion(),
    unmet: required && unmetCells(required, countedCells(result.cells, flags)),
  };
}

/** The cells as -require counts them. What was really launched counts as it went. */
function countedCells(cells: MatrixResult['cells'], { override }: MatrixFlags): MatrixResult['cells'] {
  if (override === undefined) return cells;
  return cells.map((row) =>
    row.verdict === 'unknown' && row.live === undefined ? { ...row, verdict: 'works' as const } : row,
  );
}

/** Refuses runtimes that no engine has and whose name is not a usual one, as typing errors. */
function refuseUnknownRuntimes(
  { cells }: MatrixResult,
  { runtime: wanted = [] }: CellFilter,
  usual: readonly string[],
): void {
  const unknown = wanted.filter((name) => {
    const rows = cells.filter(({ runtime }) => runtime === name);
    return (
      !usual.includes(name) &&
      rows.every(({ reasons }) => reasons.some(({ rule }) => rule === 'runtime-present'))
    );
  });
  if (unknown.length === 0) return;
  const seen = cells
    .flatMap(({ reasons }) => reasons)
    .find(({ rule }) => rule === 'runtime-present')?.observed;
  throw new UsageError(
    `-filter: no engine has a runtime ${unknown.join(' or ')}${seen === undefined ? '' : ` (${seen})`}`,
  );
}

function checkFlags(image: string | undefined, flags: MatrixFlags): void {
  checkReportField(flags);
  if (flags.live && flags.dry) throw new UsageError('-dry and -live are two ways to do it: give one of them');
  if (flags.live && image === undefined) refuseOfImage(flags);
  if (flags.facts !== undefined && (flags.live || image !== undefined || flags.engine.length > 0)) {
    throw new UsageError('-facts is about another host: it goes without -live, -engine and IMAGE');
  }
  if (!flags.live && (flags.call !== undefined || flags.cookie !== undefined)) {
    throw new UsageError('-call and -cookie are for plugins that are launched: give -live too');
  }
  const limits = (['cell_timeout', 'start_timeout', 'channel_timeout', 'load_timeout'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (!flags.live && limits.length > 0)
    throw new UsageError(`-${limits.join(', -')}: only a launch has time limits: give -live too`);
  if (image !== undefined && flags.load_timeout !== undefined)
    throw new UsageError('-load_timeout: the engines have IMAGE already');
  if (limits.some((name) => flags[name] === 0))
    throw new UsageError(`-${limits.join(', -')}: must be above 0`);
}

/** Refuses flags for starting an image: the probe that is brought along is always started in the same way. */
function refuseOfImage(flags: MatrixFlags): void {
  const names = ['call', 'data', 'cookie', 'type', 'entrypoint'] as const;
  const lists = ['protocol_version', 'args', 'env', 'mlock_args', 'mlock_env'] as const;
  const given = [
    ...names.filter((name) => flags[name] !== undefined),
    ...lists.filter((name) => flags[name].length > 0),
  ];
  if (given.length === 0) return;
  const flagsGiven = given.map((name) => `-${name}`).join(', ');
  throw new UsageError(`${flagsGiven}: these say how to start an image, and IMAGE is missing`);
}

async function resultOf(
  image: string | undefined,
  flags: MatrixFlags,
  filter: CellFilter,
  context: Context,
): Promise<MatrixResult> {
  if (flags.type !== undefined) await kindOf(flags, directoryOf(flags.directory, context)); // refuses an unknown one
  const { dryMatrix, parseFacts } = await lazyModules.compatibility();
  if (flags.facts !== undefined) {
    const facts = parseFacts(await readUserFile(flags.facts));
    return dryMatrix(facts, { filter, requirements: judgedOptions(flags) });
  }
  const { dryMatrixHere, liveMatrixHere } = await import('./matrix-here.ts');
  if (flags.live) {
    const { usualRuntimes } = await lazyModules.compatibility();
    // A wrong name is refused before anything is launched, and not after everything else was.
    if (filter.runtime?.some((name) => !usualRuntimes.includes(name)) === true)
      refuseUnknownRuntimes(await dryMatrixHere(undefined, flags, filter, context), filter, usualRuntimes);
    return liveMatrixHere(image, flags, filter, context);
  }
  return dryMatrixHere(image, flags, filter, context);
}
