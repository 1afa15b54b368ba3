/**
 * Makes text that others wrote (a plugin, an engine, an image, the name of a file) safe to show: nothing in it steers a
 * terminal, hides, or changes the order in which the rest is read. Pure.
 */

/**
 * Characters that are shown by their numbers: control characters (C0 and C1), marks of writing direction, characters
 * without width, line and paragraph separators, halves of a surrogate pair, and whatever else Unicode calls a format
 * character or lets a display leave out. Tabs and line feeds stay.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- they are what the pattern is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/**
 * Returns the text with unsafe characters as `\u001b`, or `\u{e0001}` beyond the first 65,536. Carriage returns are
 * left out.
 */
export function plainText(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === '\r') return '';
    const number = (character.codePointAt(0) ?? 0).toString(16);
    return number.length > 4 ? `\\u{${number}}` : `\\u${number.padStart(4, '0')}`;
  });
}

/** The longest text that an error carries as its message, hint or observation, in characters. */
export const longestShown = 16 * 1024;

/** Like {@link plainText}, but a text longer than the limit is cut, and says so. */
export function boundedText(text: string, limit: number = longestShown): string {
  // Unsafe characters take more room when they are shown by their numbers. The raw text is cut first, so that little
  // work is done.
  const shown = plainText(text.slice(0, limit));
  if (text.length <= limit && shown.length <= limit) return shown;
  return `${shown.slice(0, limit)} ... (of ${text.length} characters)`;
}

/** Like {@link boundedText}, but in one line. */
export function boundedLine(text: string, limit?: number): string {
  return boundedText(text, limit).replace(/\s*\n\s*/g, ' ');
}

/** Returns data as JSON whose texts hold nothing unsafe: it has the same meaning, and can be printed. */
export function plainJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) as string | undefined;
  return text === undefined ? 'null' : safeJson(text);
}

/** Returns a text of JSON with the same meaning that can be printed. */
export function safeJson(text: string): string {
  // JSON has no line feeds or tabs inside texts; those between them are its own.
  return text.replace(unsafe, escapedInJson);
}

/** Escapes a character by the numbers of its UTF-16 units, which is the only spelling that JSON has. */
function escapedInJson(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Lists as many names as can be read, and how many more there are. @param more how many names are not in the list */
export function someOf(names: readonly string[], most = 20, more = 0): string {
  const shown = names.slice(0, most).map((name) => boundedLine(name, 100));
  const left = names.length - shown.length + more;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}
