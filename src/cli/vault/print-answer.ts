/** Prints the answer of a plugin of Vault's as Vault's command line does. */
import type { KeptAnswer } from '../../vault/internal.ts';
import { checkField, fieldFlag, formatFlag, printData, type Format } from '../output/document.ts';
import { lazyModules } from '../lazy-modules.ts';
import { plainText, safeJson } from '../output/plain-text.ts';
import { shown, tableLines } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

export const answerFlags = { field: fieldFlag, format: formatFlag };

interface Wanted {
  readonly field: string | undefined;
  readonly format: Format;
}

/** @throws UsageError for a field that the answer does not have */
export async function printAnswer(
  terminal: Terminal,
  answer: KeptAnswer,
  { field, format }: Wanted,
): Promise<void> {
  for (const warning of answer.warnings)
    terminal.err(`${terminal.paintErr('yellow', 'Warning:')} ${plainText(warning)}`);
  const { stringifyExact } = await lazyModules.vault();
  const fields = fieldsOf(answer);
  if (field !== undefined) checkField(field, Object.keys(fields));
  const whole = field === undefined ? documentOf(answer) : fields[field];
  if (format === 'json') {
    terminal.out(safeJson(stringifyExact(whole, 2) ?? 'null'));
  } else if (field !== undefined || format === 'yaml') {
    printData(terminal, format, readable(field === undefined ? whole : fields), () => [], { field });
  } else if (answer.body !== null) {
    terminal.out(plainText(answer.body.text).trimEnd());
  } else {
    const rows = Object.entries(fields).map(([name, value]) => [shown(name), shown(readable(value))]);
    for (const line of tableLines(['Key', 'Value'], rows, terminal.paint)) terminal.out(line);
  }
}

/** The names of a list. */
export function printNames(terminal: Terminal, names: readonly string[], { field, format }: Wanted): void {
  const rows = names.map((name) => [shown(name)]);
  const lines = () => tableLines(['Keys'], rows, terminal.paint);
  const data = field === undefined ? names : names.map((keys) => ({ keys }));
  printData(terminal, format, data, lines, { field, fields: ['keys'] });
}

/** As Vault has it in JSON; what only some answers have is left out of the others. */
function documentOf({ status, body, ...answer }: KeptAnswer): Readonly<Record<string, unknown>> {
  return { ...answer, ...(status !== 200 && { status }), ...(body !== null && { body }) };
}

/** The rows of the table: the lease first, then the data by name, then what a login grants. */
function fieldsOf(answer: KeptAnswer): Readonly<Record<string, unknown>> {
  const { lease_id, lease_duration, renewable, data, auth, wrap_info, body } = answer;
  const duration = `${lease_duration}s`;
  return {
    ...(lease_id !== '' && { lease_id, lease_duration: duration, lease_renewable: renewable }),
    ...(lease_id === '' && lease_duration > 0 && { refresh_interval: duration }),
    ...sorted(data),
    ...sorted(auth ?? {}),
    ...sorted(wrap_info ?? {}, 'wrapping_'),
    ...(body !== null && { body: body.text }),
  };
}

function sorted(data: Readonly<Record<string, unknown>>, prefix = ''): Readonly<Record<string, unknown>> {
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name, value]));
}

/** Whole numbers that a JavaScript number can't hold become texts, so that no digit is lost. */
function readable(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, readable(each)]));
}
