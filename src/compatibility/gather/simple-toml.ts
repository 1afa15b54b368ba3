/**
 * Reads the part of TOML in which people write settings: tables with bare or quoted names, and on each line a key with a
 * text, a number or a truth value. Whatever else there is makes the whole text unreadable, so that no setting is missed.
 *
 * @returns the tables by name; the one of keys without a table is called ''
 * @throws Error naming the line
 */
export function parseSimpleToml(text: string): Map<string, Map<string, string | number | boolean>> {
  const tables = new Map([['', new Map<string, string | number | boolean>()]]);
  let table = tables.get('') ?? new Map<string, string | number | boolean>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const fail = (): never => {
      throw new Error(`line ${index + 1} is not understood`);
    };
    const rest = line.trim();
    if (rest === '' || rest.startsWith('#')) continue;
    const header = /^\[\s*([\w-]+|"[^"\\]*"|'[^']*')\s*\]\s*(?:#.*)?$/.exec(rest);
    if (header !== null) {
      const name = unquoted(header[1] ?? '');
      if (tables.has(name)) fail();
      tables.set(name, (table = new Map<string, string | number | boolean>()));
      continue;
    }
    const entry =
      /^([\w-]+|"[^"\\]*"|'[^']*')\s*=\s*("(?:[^"\\]|\\["\\])*"|'[^']*'|true|false|[+-]?\d+)\s*(?:#.*)?$/.exec(
        rest,
      );
    const [, key = '', value = ''] = entry ?? fail();
    const name = unquoted(key);
    if (table.has(name)) fail();
    table.set(name, valueOf(value));
  }
  return tables;
}

function valueOf(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^["']/.test(value) ? unquoted(value) : Number(value);
}

function unquoted(text: string): string {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  return text.startsWith("'") ? text.slice(1, -1) : text;
}
