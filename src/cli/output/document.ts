import { choice, text } from '../flags.ts';
import { UsageError } from '../usage-error.ts';
import { plainJson, plainText } from './plain-text.ts';
import { shown, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { toYaml } from './yaml.ts';

/** The flag for the format, of every command that prints data. */
export const formatFlag = choice(['table', 'json', 'yaml'], 'how to print the result');

/** The flag for a single field, of commands that print one thing. */
export const fieldFlag = text('NAME', 'print only this field, without its name');

export type Format = 'table' | 'json' | 'yaml';

/** Prints data for programs, or for people as `lines` formats it. */
export function printData(
  { out }: Terminal,
  format: Format,
  data: unknown,
  lines: () => readonly string[],
): void {
  if (format === 'json') out(plainJson(data, 2));
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
  if (field !== undefined) {
    printField(terminal, format, sorted, field);
    return;
  }
  printData(terminal, format, sorted, () =>
    tableLines(
      ['Key', 'Value'],
      Object.entries(sorted).map(([key, value]) => [key, shown(value)]),
      terminal.paint,
    ),
  );
}

function printField(
  terminal: Terminal,
  format: Format,
  data: Readonly<Record<string, unknown>>,
  field: string,
): void {
  if (!Object.hasOwn(data, field)) {
    throw new UsageError(
      `there is no field ${JSON.stringify(field)}; there are ${Object.keys(data).join(', ')}`,
    );
  }
  const value = data[field];
  printData(terminal, format, value, () => [
    typeof value === 'object' && value !== null ? plainJson(value) : plainText(String(value)),
  ]);
}
