import type { MatrixRow } from '../../compatibility/index.ts';
import { plainText } from '../output/plain-text.ts';
import {
  cellWords,
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
} from './report.ts';

const signs = { works: '✅', refused: '❌', unknown: '❔', differs: '⚠️' } as const;

/** GitHub's Markdown, for a step summary or a comment. */
export function matrixMarkdown(report: MatrixReport): string {
  const { result, image, unmet = [] } = report;
  const findings = findingsOf(result);
  const { heads, rows } = gridTexts(gridOf(result), { text: escaped, cell: (row) => cellOf(row, findings) });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    ...(image === undefined ? [] : [`Plugin image: ${escaped(image)}`, '']),
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(line),
    '',
    escaped(summaryWords(result)),
    ...unmet.flatMap((cell) => ['', `**Required, and does not work:** ${escaped(cellWords(cell))}`]),
    ...findings.flatMap(({ number, reason, observed, hinders }) => [
      '',
      `**[${number}] ${escaped(reason.requirement)}** (${escaped(reason.rule)})  `,
      `Seen: ${observed.map(escaped).join('<br>')}  `,
      `${hinders ? 'To do' : 'Advice'}: ${escaped(reason.remedy)}  `,
      `Source: ${escaped(reason.source)}`,
    ]),
    ...failedLaunches(result).flatMap(({ row, error }) => [
      '',
      `**${escaped(rowWords(row))}** was launched and failed: ${escaped(error)}`,
    ]),
  ].join('\n');
}

function cellOf(row: MatrixRow, findings: readonly Finding[]): string {
  const numbers = numbersOf(row, findings);
  return `${signs[outcomeOf(row)]} ${wordsOf(row)}${numbers.map((number) => ` [${number}]`).join('')}`;
}

/** Escapes text so that it stays text, within its table cell. */
function escaped(text: string): string {
  return plainText(text)
    .trim()
    .replace(/[\\`*_{}[\]<>#|~&!@]/g, (character) =>
      character === '<' ? '&lt;' : character === '@' ? '@<!-- -->' : `\\${character}`,
    )
    .replaceAll('\n', '<br>');
}
