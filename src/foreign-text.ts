/**
 * Text that somebody else wrote (a plugin, an engine, an image, the name of a file), made safe to be shown: nothing in it
 * steers a terminal, hides, or changes the order in which the rest is read. Pure.
 */

/**
 * What is shown by its number: control characters (C0 and C1), marks of writing direction, characters without width, line
 * and paragraph separators, halves of a surrogate pair, and whatever else Unicode calls a format character or lets a
 * display leave out. Tabs and line feeds stay.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** The text with unsafe characters as `\u001b`, or `\u{e0001}` beyond the first 65,536. Carriage returns are left out. */
export function plainText(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === '\r') return '';
    const number = (character.codePointAt(0) ?? 0).toString(16);
    return number.length > 4 ? `\\u{${number}}` : `\\u${number.padStart(4, '0')}`;
  });
}

/** The longest text that an error carries as its message, hint or observation, in characters. */
export const longestShown = 16 * 1024;

/** As {@link plainText}, and cut where it is longer than the limit, which is said. */
export function boundedText(text: string, limit: number = longestShown): string {
  // What is unsafe grows when it is shown by its number: the raw text is cut first, so that little work is done.
  const shown = plainText(text.slice(0, limit));
  if (text.length <= limit && shown.length <= limit) return shown;
  return `${shown.slice(0, limit)} ... (of ${text.length} characters)`;
}

/** As {@link boundedText}, in one line. */
export function boundedLine(text: string, limit?: number): string {
  return boundedText(text, limit).replace(/\s*\n\s*/g, ' ');
}

/** Data as JSON whose texts hold nothing unsafe: it means the same, and can be printed. */
export function plainJson(value: unknown, indent?: number): string {
  // JSON has no line feeds or tabs within texts; between them they are its own.
  const text = JSON.stringify(value, undefined, indent) as string | undefined;
  return text === undefined ? 'null' : text.replace(unsafe, escapedInJson);
}

/** By the numbers of its UTF-16 units, which is the only spelling that JSON has. */
function escapedInJson(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Names, as many as can be read, and how many more there are. @param more that are not in the list */
export function someOf(names: readonly string[], most = 20, more = 0): string {
  const shown = names.slice(0, most).map((name) => boundedLine(name, 100));
  const left = names.length - shown.length + more;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}
