import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { optionalChoice, text, texts, whole, type FlagValues } from '../../flags.ts';
import { lazyModules } from '../../lazy-modules.ts';
import { parseFilter } from '../../matrix/cells-of-words.ts';
import { matrixFormats } from '../../matrix/formats.ts';
import { openReportOutput } from '../../matrix/report-output.ts';
import { fieldFlag } from '../../output/document.ts';
import { enginesFlag } from '../engine-flag.ts';
import { pair, withoutUser } from '../launch-flags.ts';
import { unknownOverrideFlag } from '../override-flag.ts';
import { settingFlags } from '../setting-flags.ts';
import { socketDirectoryFlag } from '../socket-directory-flag.ts';
import { packageVersion } from '../../package-version.ts';

const testFlags = {
  type: optionalChoice(['secret', 'auth'], 'what the plugin is (default: it is found out)'),
  options: texts('KEY=VALUE', 'option of the mounts, which the plugin is set up with'),
  command: text('PROGRAM', "in place of the image's entrypoint"),
  args: texts('ARG', "argument for the plugin, in place of the image's own"),
  env: texts('NAME=VALUE', 'variable for the plugin'),
  filter: texts('NAME=VALUE[,VALUE]', 'only these cells: engine, mode, runtime, user, mlock=on|off'),
  require: text('FILE', 'cells that must pass: a filter in each line, or JSON', { path: true }),
  timeout: whole('SECONDS', 'how long each step may take; default 60'),
  format: optionalChoice(
    matrixFormats,
    'how to print the result (default: table, or as the ending of -output says)',
  ),
  field: fieldFlag,
  output: texts('FILE', 'write it to a file: .html, .xml (JUnit), .md, .json, .yaml, .txt', { path: true }),
  engine: enginesFlag('only the engine at this socket (default: every engine that is found)'),
  override: unknownOverrideFlag,
  socket_directory: socketDirectoryFlag,
  ...withoutUser(settingFlags),
};

export type TestFlags = FlagValues<typeof testFlags>;

export const test = command({
  name: 'test',
  summary: 'whether a plugin does what Vault asks of it, in every cell of the matrix that this host has',
  details: [
    'In each cell the plugin is registered, set up for a mount, asked for its help, an existence check and its special paths, told to roll back, killed and asked again, and mounted twice, which shows whether it multiplexes. Nothing is registered in a directory, and nothing is left. Cells in which plugins can not run here are skipped with the reasons; matrix shows them too.',
    'Exit code 0, or 1 where a cell has failed, one of -require has not passed, or there is no cell in which the plugin can run.',
    'JSON: the cells as matrix has them, each with steps: [{ name, outcome, milliseconds, detail, error }].',
  ],
  examples: [
    'vault test localhost/my-plugin:1',
    'vault test localhost/my-plugin:1 -filter=runtime=runsc,runc -output=conformance.xml -output=conformance.md',
    'vault test localhost/kv:1 -type=secret -options=version=2 -format=json',
  ],
  positionals: [{ name: 'IMAGE' }],
  flags: testFlags,
  async run({ args: [image], flags }, context) {
    const filter = parseFilter(flags.filter);
    const config = Object.fromEntries(flags.options.map((each) => pair('-options', each)));
    const output = await openReportOutput(flags, context);
    const [
      { runConformance },
      { unmetCells },
      { conformanceData, formatConformance, isConforming, outcomeWords },
    ] = await Promise.all([
      import('./conformance-here.ts'),
      lazyModules.compatibility(),
      import('../../vault/conformance-report.ts'),
    ]);
    const { result, steps } = await runConformance(image, flags, { filter, config }, context);
    const report = {
      result,
      steps,
      image,
      generatedAt: new Date(),
      version: packageVersion(),
      unmet: output.required && unmetCells(output.required, result.cells),
    };
    await output.put({
      data: conformanceData(report),
      summary: outcomeWords(report),
      format: (format, paint) => formatConformance(report, format, paint),
    });
    return isConforming(report) ? exitCodes.ok : exitCodes.no;
  },
});
