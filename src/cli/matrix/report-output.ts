/** Puts the report of a matrix into the files of -output, and a field, a summary or the whole on the terminal. */
import type { MatrixCell } from '../../compatibility/index.ts';
import type { Context } from '../command.ts';
import { checkField, printData, type Format } from '../output/document.ts';
import type { Paint } from '../output/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { openUserFile, readUserFile, type OutputFile } from '../user-files.ts';
import { parseRequirements } from './cells-of-words.ts';
import { formatForFile, type MatrixFormat } from './formats.ts';

export interface ReportFlags {
  readonly format: MatrixFormat | undefined;
  readonly field: string | undefined;
  readonly output: readonly string[];
  readonly require: string | undefined;
}

/** A report as it can be shown. */
export interface ShownReport {
  readonly data: unknown;
  readonly summary: string;
  format(format: MatrixFormat, paint?: Paint): Promise<string>;
}

export interface ReportOutput {
  /** The cells of -require. */
  readonly required: readonly Partial<MatrixCell>[] | undefined;
  /** @throws BulkheadError `FILE_UNUSABLE` */
  put(report: ShownReport): Promise<void>;
}

/** Refuses a -field that a report will not have. @throws UsageError */
export function checkReportField({ format, field, require }: ReportFlags): void {
  if (field === undefined) return;
  checkField(field, ['cells', 'summary', ...(require === undefined ? [] : ['unmet'])]);
  fieldFormat(format);
}

/**
 * Reads what is required, and finds out whether the files can be written, before the work for the report begins.
 *
 * @throws UsageError; BulkheadError `FILE_UNUSABLE`
 */
export async function openReportOutput(flags: ReportFlags, context: Context): Promise<ReportOutput> {
  checkReportField(flags);
  const { format, field, output, require } = flags;
  const required =
    require === undefined ? undefined : parseRequirements(await readUserFile(require), require);
  const formats = output.map((file) => formatForFile(file, format));
  const files: OutputFile[] = [];
  for (const file of output) files.push(await openUserFile(file));
  const { terminal, did } = context;
  return {
    required,
    async put(report) {
      for (const [at, file] of files.entries()) {
        await file.write(`${await report.format(formats[at] ?? 'table')}\n`);
        did(`${output[at] ?? ''} was written`);
      }
      if (field !== undefined) printData(terminal, fieldFormat(format), report.data, () => [], { field });
      else if (files.length > 0) terminal.out(report.summary);
      else terminal.out(await report.format(format ?? 'table', terminal.paint));
    },
  };
}

/** The format of a single field. @throws UsageError for one that only a whole report has */
function fieldFormat(format: MatrixFormat = 'table'): Format {
  if (format === 'table' || format === 'json' || format === 'yaml') return format;
  throw new UsageError(`-field is for -format=table, json or yaml, not for ${format}`);
}
