import type { MatrixRow } from '../../compatibility/index.ts';
import { plainText } from '../output/plain-text.ts';
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
} from './report.ts';

const signs = { works: '✅', refused: '❌', unknown: '❔', differs: '⚠️' } as const;

/** GitHub's Markdown, for a step summary or a comment. */
export function matrixMarkdown(report: MatrixReport): string {
  const { result, image, unmet = [] } = report;
  const findings = findingsOf(result);
  const { heads, rows } = gridTexts(gridOf(result), {
    text: escapedMarkdown,
    cell: (row) => cellOf(row, findings),
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    ...(image === undefined ? [] : [`Plugin image: ${escapedMarkdown(image)}`, '']),
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(line),
    '',
    escapedMarkdown(summaryWords(result)),
    ...channelLines(result).flatMap((line, at) => [
      ...(at === 0 ? ['', 'Channels:', ''] : []),
      `- ${escapedMarkdown(line)}`,
    ]),
    ...unmet.flatMap((cell) => ['', `**Required, and does not work:** ${escapedMarkdown(cellWords(cell))}`]),
    ...findings.flatMap(({ number, reason, observed, hinders }) => [
      '',
      `**[${number}] ${escapedMarkdown(reason.requirement)}** (${escapedMarkdown(reason.rule)})  `,
      `Seen: ${observed.map(escapedMarkdown).join('<br>')}  `,
      `${hinders ? 'To do' : 'Advice'}: ${escapedMarkdown(reason.remedy)}  `,
      `Source: ${escapedMarkdown(reason.source)}`,
    ]),
    ...failedLaunches(result).flatMap(({ row, error }) => [
      '',
      `**${escapedMarkdown(rowWords(row))}** was launched and failed: ${escapedMarkdown(error)}`,
    ]),
  ].join('\n');
}

function cellOf(row: MatrixRow, findings: readonly Finding[]): string {
  const numbers = numbersOf(row, findings);
  return `${signs[outcomeOf(row)]} ${wordsOf(row)}${numbers.map((number) => ` [${number}]`).join('')}`;
}

/** Escapes text so that it stays text, within its table cell. */
export function escapedMarkdown(text: string): string {
  return plainText(text)
    .trim()
    .replace(/[\\`*_{}[\]<>#|~&!@]/g, (character) =>
      character === '<' ? '&lt;' : character === '@' ? '@<!-- -->' : `\\${character}`,
    )
    .replaceAll('\n', '<br>');
}
