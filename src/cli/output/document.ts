import { choice, text } from '../flags.ts';
import { UsageError } from '../usage-error.ts';
import { plainJson, plainText } from './plain-text.ts';
import { shown, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { toYaml } from './yaml.ts';

/** The flag for the format, of every command that prints data. */
export const formatFlag = choice(['table', 'json', 'yaml'], 'how to print the result');

/** The flag for a single field, of every command that prints one thing or a table. */
export const fieldFlag = text(
  'NAME',
  'print only this field, without its name: of a table, that of each row',
);

export type Format = 'table' | 'json' | 'yaml';

/** Which part of the data to print. */
export interface Wanted {
  readonly field?: string | undefined;
  /** The fields that rows have, for a table that may have no rows. */
  readonly fields?: readonly string[] | undefined;
}

/**
 * Prints data for programs, or for people as `lines` formats it. With a field, only that is printed: of a list, that of
 * each row.
 *
 * @throws UsageError for a field that there is not, naming those that there are
 */
export function printData(
  terminal: Terminal,
  format: Format,
  data: unknown,
  lines: () => readonly string[],
  { field, fields = [] }: Wanted = {},
): void {
  const { out } = terminal;
  if (field !== undefined) printField(terminal, format, valueOf(data, field, fields));
  else if (format === 'json') out(plainJson(data, 2));
  else if (format === 'yaml') out(toYaml(data).trimEnd());
  else for (const line of lines()) out(line);
}

/** Prints one thing: as a table of its fields, sorted by name as in Vault, or a single field. */
export function printFields(
  terminal: Terminal,
  { format, field }: { readonly format: Format; readonly field: string | undefined },
  data: Readonly<Record<string, unknown>>,
): void {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  const lines = () =>
    tableLines(
      ['Key', 'Value'],
      Object.entries(sorted).map(([key, value]) => [key, shown(value)]),
      terminal.paint,
    );
  printData(terminal, format, sorted, lines, { field });
}

/** Refuses a field that a result will not have, before anything is done for the result. @throws UsageError */
export function checkField(field: string | undefined, fields: readonly string[]): void {
  if (field !== undefined && !fields.includes(field)) throw noField(field, fields);
}

function printField(terminal: Terminal, format: Format, value: Field): void {
  const { out } = terminal;
  const print = (each: unknown): string => {
    if (each === undefined || each === null) return '';
    return typeof each === 'string' ? plainText(each) : plainJson(each);
  };
  const rows = 'rows' in value ? value.rows : undefined;
  if (format !== 'table')
    printData(terminal, format, rows?.map((row) => row ?? null) ?? value.value, () => []);
  else for (const each of rows ?? [value.value]) out(print(each));
}

type Field = { readonly value: unknown } | { readonly value?: undefined; readonly rows: readonly unknown[] };

/** The value of a field, or the values that the rows of a list have of it. */
function valueOf(data: unknown, field: string, known: readonly string[]): Field {
  if (Array.isArray(data)) {
    const rows = data as readonly Readonly<Record<string, unknown>>[];
    const fields = [...new Set([...known, ...rows.flatMap((row) => Object.keys(row))])];
    checkField(field, fields);
    return { rows: rows.map((row) => row[field]) };
  }
  const one = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {};
  const fields = Object.keys(one).filter((name) => one[name] !== undefined);
  if (!fields.includes(field)) throw noField(field, [...new Set([...fields, ...known])]);
  return { value: one[field] };
}

function noField(field: string, fields: readonly string[]): UsageError {
  const there = fields.length === 0 ? 'there are none' : `there are ${fields.join(', ')}`;
  return new UsageError(`there is no field ${JSON.stringify(field)}; ${there}`);
}
