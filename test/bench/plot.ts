/** A figure as a drawing: two bars for each line, with what lies between minimum and maximum. */
import type { Figure } from './figures.ts';
import { median } from './table.ts';

const colours = { ours: '#2563eb', go: '#9ca3af' } as const;
const [left, width, bar, gap, top] = [230, 420, 12, 14, 48];

/** Returns an SVG image. Bars of one line are drawn to the scale of the line's longest value. */
export function plotOf({ title, unit, other = 'Go', lines }: Figure): string {
  const height = top + lines.length * (2 * bar + gap) + 10;
  const rows = lines.flatMap(({ label, ours, go }, at) => {
    const y = top + at * (2 * bar + gap);
    const longest = Math.max(...ours, ...go);
    return [
      text(left - 8, y + bar + 4, label, 'end'),
      ...barOf(ours, y, longest, colours.ours),
      ...(go.length === 0 ? [] : barOf(go, y + bar, longest, colours.go)),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 90}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(10, 18, `${title} (${unit})`),
    `<rect x="10" y="26" width="10" height="10" fill="${colours.ours}"/>${text(24, 35, 'Bulkhead')}`,
    `<rect x="90" y="26" width="10" height="10" fill="${colours.go}"/>${text(104, 35, other)}`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function barOf(values: readonly number[], y: number, longest: number, colour: string): string[] {
  const x = (value: number): number => Math.round((left + (value / longest) * width) * 10) / 10;
  const middle = median(values);
  const [least, most] = [x(Math.min(...values)), x(Math.max(...values))];
  const line = y + bar / 2;
  return [
    `<rect x="${left}" y="${y}" width="${x(middle) - left}" height="${bar - 1}" fill="${colour}"/>`,
    `<line x1="${least}" x2="${most}" y1="${line}" y2="${line}" stroke="black"/>`,
    text(most + 6, y + bar - 2, middle >= 100 ? String(Math.round(middle)) : middle.toPrecision(3)),
  ];
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${safe}</text>`;
}
