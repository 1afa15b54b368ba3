import { launchFlags } from '../commands/launch-flags.ts';
import { withFlags } from '../option-flags.ts';
import type { MatrixResult, MatrixRow } from '../../compatibility/index.ts';
import { plainText } from '../output/plain-text.ts';
import { tableLines, type Cell } from '../output/table.ts';
import type { Colour, Paint } from '../output/terminal.ts';
import {
  cellWords,
  channelLines,
  failedLaunches,
  findingsOf,
  gridOf,
  gridTexts,
  numbersOf,
  outcomeOf,
  rowWords,
  summaryWords,
  wordsOf,
  type Finding,
  type MatrixReport,
  type Outcome,
} from './report.ts';

const colours: Readonly<Record<Outcome, Colour>> = {
  works: 'green',
  refused: 'red',
  unknown: 'yellow',
  differs: 'magenta',
};

/** The matrix for a terminal: the grid, then each reason once, then the outcome. */
export function matrixTable(report: MatrixReport, paint: Paint): string[] {
  const { result, unmet = [] } = report;
  const findings = findingsOf(result);
  const { heads, rows } = gridTexts<Cell>(gridOf(result), {
    text: plainText,
    cell: (row) => cellOf(row, findings),
  });
  return [
    ...tableLines(heads, rows, paint),
    ...findings.flatMap((finding) => ['', ...findingLines(finding, paint)]),
    ...failures(result, paint),
    ...carried(result),
    '',
    summaryWords(result),
    ...unmet.map((cell) => `${paint('red', 'Required, and does not work:')} ${plainText(cellWords(cell))}`),
  ];
}

function cellOf(row: MatrixRow, findings: readonly Finding[]): Cell {
  const numbers = numbersOf(row, findings);
  return {
    text: `${wordsOf(row)}${numbers.length === 0 ? '' : ` [${numbers.join(' ')}]`}`,
    paint: (paint, text) => paint(colours[outcomeOf(row)], text),
  };
}

function findingLines({ number, reason, observed, hinders }: Finding, paint: Paint): string[] {
  return [
    `${paint('bold', `[${number}]`)} ${plainText(`${reason.rule}: ${reason.requirement}`)}`,
    `    seen:    ${indented(observed[0] ?? '')}${observed.length > 1 ? `; and likewise elsewhere` : ''}`,
    `    ${paint(hinders ? 'cyan' : 'dim', hinders ? 'to do:' : 'advice:')}${hinders ? '  ' : ' '} ${indented(withFlags(reason.remedy, launchFlags))}`,
  ];
}

function carried(result: MatrixResult): string[] {
  const lines = channelLines(result);
  return lines.length === 0 ? [] : ['', 'Channels', ...lines.map((line) => `  ${plainText(line)}`)];
}

function failures(result: MatrixResult, paint: Paint): string[] {
  const lines = failedLaunches(result).map(
    ({ row, error }) =>
      `${paint('magenta', plainText(rowWords(row)))} was launched and failed: ${indented(error)}`,
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

function indented(text: string): string {
  return plainText(text).trim().replaceAll('\n', '\n             ');
}
