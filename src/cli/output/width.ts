/** How many columns of a terminal a text takes. Pure. */

/** Letters of East Asia and pictures, which take two columns (Unicode: East Asian Width W and F). */
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}])/u;
/** Marks that are drawn onto the letter before them. */
const mark = /^\p{M}/u;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function widthOf(text: string): number {
  // Plain ASCII is by far the most, and is quickly measured.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(text)) width += widthOfLetter(segment);
  return width;
}

/** The beginning of a text that fits into so many columns. No letter is cut in two. */
export function cutToWidth(text: string, columns: number): string {
  let width = 0;
  for (const { segment, index } of segments.segment(text)) {
    width += widthOfLetter(segment);
    if (width > columns) return text.slice(0, index);
  }
  return text;
}

function widthOfLetter(letter: string): number {
  if (wide.test(letter)) return 2;
  return mark.test(letter) ? 0 : 1;
}
