import { plainJson, plainText } from './plain-text.ts';
import { unpainted, type Paint } from './terminal.ts';
import { widthOf } from './width.ts';

/** A value as tables show it. No value is shown as `n/a`, as in Vault. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'n/a';
  const text = typeof value === 'string' ? value : plainJson(value);
  return plainText(text).replaceAll('\n', ' ');
}

export interface Cell {
  readonly text: string;
  readonly paint?: (paint: Paint, text: string) => string;
}

const gap = '    ';

/** A table in Vault's form: names, a line of dashes below each, four blanks between columns. */
export function tableLines(
  columns: readonly string[],
  rows: readonly (readonly (string | Cell)[])[],
  paint: Paint = unpainted,
): string[] {
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => widthOf(textOf(row[at])))),
  );
  const line = (cells: readonly (string | Cell | undefined)[]): string =>
    columns
      .map((_, at) => {
        const cell = cells[at];
        const text = textOf(cell);
        const padding = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
        const drawn = typeof cell === 'object' && cell.paint !== undefined ? cell.paint(paint, text) : text;
        return drawn + (at === columns.length - 1 ? '' : padding);
      })
      .join(gap)
      .trimEnd();
  return [line(columns), line(columns.map((column) => '-'.repeat(column.length))), ...rows.map(line)];
}

function textOf(cell: string | Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}
