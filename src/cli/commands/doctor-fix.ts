/** Shows and makes the changes in the settings of engines that `doctor -fix` is about. */
import { settingsFixes, type SettingsFix } from '../../compatibility/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { replaceFile } from '../../linux/replace-file.ts';
import type { Context } from '../command.ts';
import { describeError } from '../describe-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printData } from '../output/document.ts';
import { plainText } from '../output/plain-text.ts';
import type { Paint } from '../output/terminal.ts';
import type { DoctorReport } from './doctor-report.ts';
import type { DoctorFlags } from './doctor.ts';

/** The outcome of one change. */
interface Outcome {
  readonly socketPath: string;
  readonly fix?: SettingsFix | undefined;
  readonly written: boolean;
  /** The file as it was, where one was written over. */
  readonly copy?: string | undefined;
  readonly error?: unknown;
}

/** @returns 0 where every change could be made or shown, 1 where one could not */
export async function fixEngines(
  report: DoctorReport,
  flags: DoctorFlags,
  { terminal, did }: Context,
): Promise<ExitCode> {
  const outcomes: Outcome[] = [];
  const options = { configFile: flags.config_file };
  for (const { facts, socketPath } of report.engines) {
    const fixes = facts === undefined ? [] : await settingsFixes(facts, report.matrix.cells, options);
    // One after the other: two changes may be about the same file.
    for (const make of fixes) {
      const outcome = await apply(socketPath, make, flags.write);
      if (outcome.written) did(`${outcome.fix?.file ?? ''} was changed`);
      outcomes.push(outcome);
    }
  }
  const lines = () => fixLines(outcomes, terminal.paint);
  printData(terminal, flags.format, { fixes: outcomes.map(fixData) }, lines, flags);
  return outcomes.some(({ error }) => error !== undefined) ? exitCodes.no : exitCodes.ok;
}

async function apply(socketPath: string, make: () => Promise<SettingsFix>, write: boolean): Promise<Outcome> {
  let fix: SettingsFix | undefined;
  try {
    fix = await make();
    if (!write || fix.before === fix.after) return { socketPath, fix, written: false };
    return { socketPath, fix, written: true, copy: await replaceFile(fix.file, fix.before, fix.after) };
  } catch (error) {
    return { socketPath, fix, written: false, error };
  }
}

function fixData({ socketPath, fix, written, copy, error }: Outcome): unknown {
  const { code, message, hint } = error === undefined ? {} : BulkheadError.from(error);
  return {
    socketPath,
    ...fix,
    written,
    ...(copy !== undefined && { copy }),
    ...(error !== undefined && { error: { code, message, hint } }),
  };
}

function fixLines(outcomes: readonly Outcome[], paint: Paint): string[] {
  if (outcomes.length === 0) return ['There is nothing to change in the settings of the engines.'];
  return outcomes.flatMap(({ socketPath, fix, written, copy, error }, at) => [
    ...(at === 0 ? [] : ['']),
    paint('bold', plainText(`${fix?.file ?? 'Settings'}, for the engine at ${socketPath}`)),
    ...(fix === undefined ? [] : [...changedLines(fix, paint)]),
    ...(error === undefined ? [] : describeError(error, paint)),
    ...(written ? [plainText(`Written.${copy === undefined ? '' : ` What it was is in ${copy}.`}`)] : []),
    ...(fix === undefined ? [] : [plainText(`Then: ${fix.then}`)]),
  ]);
}

/** The lines that go and those that come; the lines around them stay as they are. */
function changedLines({ before, after }: SettingsFix, paint: Paint): string[] {
  const old = before === undefined ? [] : before.replace(/\n$/, '').split('\n');
  const changed = after.replace(/\n$/, '').split('\n');
  let start = 0;
  while (start < old.length && start < changed.length && old[start] === changed[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start &&
    end < changed.length - start &&
    old[old.length - 1 - end] === changed[changed.length - 1 - end]
  )
    end += 1;
  return [
    plainText(`@@ line ${start + 1}`),
    ...old.slice(start, old.length - end).map((line) => paint('red', plainText(`-${line}`))),
    ...changed.slice(start, changed.length - end).map((line) => paint('green', plainText(`+${line}`))),
  ];
}
