/** Makes texts of others safe to show, in the same way as src/foreign-text.ts does it for terminals. */

/**
 * Characters that are shown by their numbers: those that control, hide, or change the order in which the rest is read. Tabs
 * and line feeds stay.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- they are what the pattern is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** @param {string} text */
export function visible(text) {
  return text.replace(unsafe, (character) => {
    if (character === '\r') return '';
    const number = (character.codePointAt(0) ?? 0).toString(16);
    return number.length > 4 ? `\\u{${number}}` : `\\u${number.padStart(4, '0')}`;
  });
}

/**
 * Cuts a text, and says so.
 *
 * @param {string} text
 * @param {number} most how many characters are shown
 */
export function bounded(text, most) {
  return text.length <= most ? text : `${text.slice(0, most)} ... (of ${text.length} characters)`;
}

/**
 * Says how long ago a moment was, in the largest unit.
 *
 * @param {string | undefined} moment
 * @param {number} now in milliseconds
 */
export function age(moment, now) {
  const seconds = Math.max(0, Math.round((now - Date.parse(moment ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
