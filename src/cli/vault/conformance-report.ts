/** The result of `vault test`: a matrix as `matrix` has it, with the steps of each cell. */
import type { ConformanceStep } from '../../vault/internal.ts';
import { formatMatrix, matrixData, type MatrixFormat } from '../matrix/formats.ts';
import { junitDocument, type JunitCase } from '../matrix/junit.ts';
import { escapedMarkdown } from '../matrix/markdown.ts';
import { cellWords, rowWords, type MatrixReport } from '../matrix/report.ts';
import { plainJson, plainText } from '../output/plain-text.ts';
import { tableLines } from '../output/table.ts';
import { unpainted, type Colour, type Paint } from '../output/terminal.ts';
import { toYaml } from '../output/yaml.ts';

export interface ConformanceReport extends MatrixReport {
  /** The steps of each cell of the result, in the same order. */
  readonly steps: readonly (readonly ConformanceStep[])[];
}

/** Whether a cell was run, all of them passed, and those that are required are among them. */
export function isConforming({ result, steps, unmet = [] }: ConformanceReport): boolean {
  const runs = steps.filter((each) => each.length > 0);
  return runs.length > 0 && runs.every(passed) && result.summary.disagree === 0 && unmet.length === 0;
}

export function outcomeWords({ result, steps }: ConformanceReport): string {
  const runs = steps.filter((each) => each.length > 0);
  const good = runs.filter(passed).length;
  return `${runs.length} of ${result.cells.length} cells run: ${good} passed, ${runs.length - good} failed.`;
}

function passed(steps: readonly ConformanceStep[]): boolean {
  return steps.every(({ outcome }) => outcome === 'passed');
}

/** Formats the result, without a line end after the last line. */
export async function formatConformance(
  report: ConformanceReport,
  format: MatrixFormat,
  paint: Paint = unpainted,
): Promise<string> {
  switch (format) {
    case 'json':
      return plainJson(conformanceData(report), 2);
    case 'yaml':
      return toYaml(conformanceData(report)).trimEnd();
    case 'junit':
      return junitDocument('bulkhead vault test', casesOf(report), report.generatedAt);
    case 'table':
      return [
        await formatMatrix(report, format, paint),
        ...stepLines(report, paint),
        '',
        outcomeWords(report),
      ].join('\n');
    case 'markdown':
      return [await formatMatrix(report, format), ...stepMarkdown(report), '', outcomeWords(report)].join(
        '\n',
      );
    case 'html':
      return formatMatrix(report, format);
  }
}

/** The matrix with the steps in each cell. */
export function conformanceData(report: ConformanceReport): unknown {
  const data = matrixData(report) as Readonly<Record<string, unknown>>;
  return {
    ...data,
    cells: report.result.cells.map((row, at) => ({ ...row, steps: report.steps[at] ?? [] })),
  };
}

/** The cells that were run, each with its name and steps. Cells with the same steps and details are told once. */
function runsOf({ result, steps }: ConformanceReport) {
  const groups = new Map<string, { names: string[]; steps: readonly ConformanceStep[] }>();
  for (const [at, row] of result.cells.entries()) {
    const own = steps[at] ?? [];
    if (own.length === 0) continue;
    const key = JSON.stringify(own.map(({ name, outcome, detail, error }) => [name, outcome, detail, error]));
    const group = groups.get(key) ?? { names: [], steps: own };
    group.names.push(rowWords(row));
    groups.set(key, group);
  }
  return [...groups.values()];
}

const colours: Readonly<Record<ConformanceStep['outcome'], Colour>> = {
  passed: 'green',
  failed: 'red',
  skipped: 'yellow',
};

function stepLines(report: ConformanceReport, paint: Paint): string[] {
  return runsOf(report).flatMap(({ names, steps }) => [
    '',
    ...names.map((name) => paint('bold', plainText(name))),
    ...tableLines(
      ['Step', 'Outcome', 'Seen'],
      steps.map((step) => [
        step.name,
        { text: step.outcome, paint: (draw, text) => draw(colours[step.outcome], text) },
        plainText(seen(step)).replaceAll('\n', ' '),
      ]),
      paint,
    ),
  ]);
}

function stepMarkdown(report: ConformanceReport): string[] {
  const signs = { passed: '✅', failed: '❌', skipped: '❔' };
  return runsOf(report).flatMap(({ names, steps }) => [
    '',
    ...names.map((name) => `- ${escapedMarkdown(name)}`),
    '',
    '| Step | Outcome | Seen |',
    '| --- | --- | --- |',
    ...steps.map(
      (step) => `| ${step.name} | ${signs[step.outcome]} ${step.outcome} | ${escapedMarkdown(seen(step))} |`,
    ),
  ]);
}

function seen({ detail, error }: ConformanceStep): string {
  return error === undefined ? detail : `${error.code}: ${error.message}`;
}

/** A suite for each cell, with a case for each step; a cell in which the plugin can't run is one that is skipped. */
function casesOf({ result, steps, unmet = [] }: ConformanceReport): JunitCase[] {
  const cases = result.cells.flatMap((row, at): JunitCase[] => {
    const suite = rowWords(row);
    const own = steps[at] ?? [];
    if (own.length > 0) return own.map((step) => caseOf(suite, step));
    const why = row.reasons.map(({ rule, observed }) => `${rule}: ${observed}`).join('; ');
    return [{ suite, name: 'runs here', seconds: 0, skipped: `${row.verdict}: ${why}`, output: [] }];
  });
  const missing = unmet.map((cell): JunitCase => {
    const failure = { type: 'required', message: 'must pass, and did not' };
    return { suite: 'required cells', name: cellWords(cell), seconds: 0, failure, output: [] };
  });
  return [...cases, ...missing];
}

function caseOf(suite: string, step: ConformanceStep): JunitCase {
  const { name, outcome, milliseconds, detail, error } = step;
  return {
    suite,
    name,
    seconds: milliseconds / 1000,
    failure: error === undefined ? undefined : { type: error.code, message: error.message },
    skipped: outcome === 'skipped' ? detail : undefined,
    output: [detail, error?.hint ?? ''].filter((line) => line !== ''),
  };
}
