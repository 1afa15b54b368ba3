/**
 * Plain data as YAML 1.2, in block style. What JSON can't say is left out, as `JSON.stringify` does it. Texts are plain
 * where no reader could take them for something else, and otherwise quoted as in JSON, which is YAML too.
 */
export function toYaml(value: unknown): string {
  const data = JSON.parse(JSON.stringify(value)) as unknown;
  return `${block(data, 0).trimStart()}\n`;
}

function block(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    // The first line of an entry follows the dash, the others are under it.
    return value.map((entry) => `\n${indent}- ${block(entry, depth + 1).trimStart()}`).join('');
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return ' {}';
    return entries.map(([key, entry]) => `\n${indent}${scalar(key)}:${block(entry, depth + 1)}`).join('');
  }
  return ` ${scalar(value)}`;
}

function scalar(value: unknown): string {
  if (typeof value === 'string' && !isPlain(value))
    return JSON.stringify(value).replace(unprintable, escaped);
  return String(value);
}

/** Words and the like; never what YAML 1.1 or 1.2 reads as a number, boolean, null, date or structure. */
function isPlain(text: string): boolean {
  if (!/^[A-Za-z/][\w ./@+()-]*$/.test(text) || text.endsWith(' ')) return false;
  return !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text);
}

/** What YAML wants escaped and JSON does not. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff]/g;
const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
