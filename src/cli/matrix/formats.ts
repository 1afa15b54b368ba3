import { extname } from 'node:path';
import { plainJson } from '../output/plain-text.ts';
import { toYaml } from '../output/yaml.ts';
import { unpainted, type Paint } from '../output/terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { MatrixReport } from './report.ts';

export const matrixFormats = ['table', 'json', 'yaml', 'markdown', 'junit', 'html'] as const;
export type MatrixFormat = (typeof matrixFormats)[number];

/** Formats the matrix, without a line end after the last line. */
export async function formatMatrix(
  report: MatrixReport,
  format: MatrixFormat,
  paint: Paint = unpainted,
): Promise<string> {
  switch (format) {
    case 'table':
      return (await import('./table.ts')).matrixTable(report, paint).join('\n');
    case 'json':
      return plainJson(matrixData(report), 2);
    case 'yaml':
      return toYaml(matrixData(report)).trimEnd();
    case 'markdown':
      return (await import('./markdown.ts')).matrixMarkdown(report);
    case 'junit':
      return (await import('./junit.ts')).matrixJunit(report);
    case 'html':
      return (await import('./html/page.ts')).matrixHtml(report).trimEnd();
  }
}

/** `{ cells, summary }`, what could not be removed if there is any, and the unmet requirements if there are requirements. */
export function matrixData({ result, unmet }: MatrixReport): unknown {
  const { cells, summary, leftovers } = result;
  return {
    cells,
    summary,
    ...(leftovers !== undefined && { leftovers }),
    ...(unmet !== undefined && { unmet }),
  };
}

const endings: Readonly<Record<string, MatrixFormat>> = {
  '.txt': 'table',
  '.json': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.md': 'markdown',
  '.xml': 'junit',
  '.html': 'html',
};

/** The format of a file: the one that was asked for, or the one that its extension stands for. @throws UsageError */
export function formatForFile(file: string, asked: MatrixFormat | undefined): MatrixFormat {
  const found = asked ?? formatOfFile(file);
  if (found !== undefined) return found;
  throw new UsageError(
    `the ending of ${file} says no format: give -format, or end it with .html, .xml, .md, .json, .yaml or .txt`,
  );
}

/** The format that a file's extension stands for. */
export function formatOfFile(file: string): MatrixFormat | undefined {
  return endings[extname(file).toLowerCase()];
}
