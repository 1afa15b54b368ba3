import { plainJson } from './plain-text.ts';

/**
 * Formats plain data as YAML 1.2, in block style. Values that JSON can't hold are left out, as in `JSON.stringify`.
 * Texts are plain where no parser could read them as something else. Otherwise they are quoted as in JSON, which is
 * YAML too.
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
  if (typeof value === 'string' && !isPlain(value)) return plainJson(value).replace(surrogatePair, asOne);
  return String(value);
}

/**
 * Whether the text may stay plain: words and the like, never what YAML 1.1 or 1.2 reads as number, boolean, null, date
 * or structure.
 */
function isPlain(text: string): boolean {
  if (!/^[A-Za-z/][\w ./@+()-]*$/.test(text) || text.endsWith(' ')) return false;
  return !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text);
}

/**
 * Surrogate pairs as JSON escapes them, for which YAML has one escape. An even number of backslashes before a pair does
 * not escape it.
 */
const surrogatePair = /(?<!\\)((?:\\\\)*)\\u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})/g;
const asOne = (_all: string, before: string, high: string, low: string): string => {
  const character = String.fromCharCode(parseInt(high, 16), parseInt(low, 16)).codePointAt(0) ?? 0;
  return `${before}\\U${character.toString(16).padStart(8, '0')}`;
};
