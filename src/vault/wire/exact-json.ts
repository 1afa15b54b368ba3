/**
 * JSON in which whole numbers of any length survive: those that a JavaScript number can't hold are bigints. Pure.
 *
 * JSON.parse gives a reviver the text of a number only in newer versions of Node.js, so long numbers are marked before
 * they are parsed, outside of strings. The mark has a part that nobody can know beforehand.
 */
import { randomBytes } from 'node:crypto';

/**
 * @throws SyntaxError, also for a whole number of more than 1000 digits, which takes long to convert and which no
 *   program in Go reads; RangeError for a value that is nested too deeply
 */
export function parseExact(text: string): unknown {
  if (isTooDeep(text)) throw new RangeError(`it is nested more than ${mostLevels} levels deep`);
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const mark = newMark();
  const marked = markLongNumbers(text, mark);
  if (marked === undefined) return JSON.parse(text);
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/**
 * Bigints become numbers. Everything else is as JSON.stringify has it.
 *
 * @returns `undefined` for a value that JSON does not have, such as a function
 * @throws TypeError for a value that contains itself; RangeError for one that is nested too deeply
 */
export function stringifyExact(value: unknown, indent?: number): string | undefined {
  const mark = newMark();
  const marked: bigint[] = [];
  const replace = (_key: string, each: unknown): unknown => {
    if (typeof each !== 'bigint') return each;
    marked.push(each);
    return `${mark}${each}`;
  };
  const text = JSON.stringify(value, replace, indent) as string | undefined;
  return marked.length > 0 ? text?.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1') : text;
}

function newMark(): string {
  return `${randomBytes(16).toString('hex')}:`;
}

/** A whole number of 16 digits or more, and no part of a fraction or an exponent. */
const longNumber = /(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

const mostDigits = 1000;

/**
 * JSON.parse takes any depth, and JSON.stringify then overflows the stack of whoever shows the value.
 */
const mostLevels = 1000;

function isTooDeep(text: string): boolean {
  if (text.length <= mostLevels) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quoteCode) at = endOfString(text, at) - 1;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > mostLevels) return true;
  }
  return false;
}

const quoteCode = 0x22;

/** @returns `undefined` when all numbers are safe */
function markLongNumbers(text: string, mark: string): string | undefined {
  const pieces: string[] = [];
  const marked: string[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    pieces.push(
      text.slice(at, end).replace(longNumber, (digits) => {
        if (Number.isSafeInteger(Number(digits))) return digits;
        if (digits.length > mostDigits) throw new SyntaxError(`a number has more than ${mostDigits} digits`);
        marked.push(digits);
        return `"${mark}${digits}"`;
      }),
    );
    if (quote === -1) break;
    at = endOfString(text, quote);
    pieces.push(text.slice(quote, at));
  }
  return marked.length > 0 ? pieces.join('') : undefined;
}

/** @returns the position behind the closing quote, or the end of a text that has none */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}
