/** Lines over time as an SVG, one small chart below the other, and the slope of each. */

export interface Sample {
  readonly seconds: number;
  readonly values: Readonly<Record<string, number>>;
}

/** The slope of the straight line that fits best, in units a second. */
export function slopeOf(samples: readonly Sample[], name: string): number {
  const points = samples.map(({ seconds, values }) => [seconds, values[name] ?? 0] as const);
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return 0;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

const width = 720;
const height = 110;
/** As many as can be told apart; the slopes are those of all. */
const mostPoints = 300;

export function plot(samples: readonly Sample[]): string {
  const names = Object.keys(samples[0]?.values ?? {});
  const last = samples.at(-1)?.seconds ?? 1;
  const charts = names.map((name, at) => {
    const most = Math.max(1, ...samples.map(({ values }) => values[name] ?? 0));
    const every = Math.ceil(samples.length / mostPoints);
    const shown = samples.filter((_, number) => number % every === 0);
    const points = shown.map(({ seconds, values }) => {
      const x = (seconds / last) * (width - 20) + 10;
      const y = height - 10 - ((values[name] ?? 0) / most) * (height - 40);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    return [
      `<g transform="translate(0 ${at * height})">`,
      `<text x="10" y="16">${name} (at most ${most.toFixed(1)}, ${(slopeOf(samples, name) * 3600).toFixed(2)} an hour)</text>`,
      `<polyline points="${points.join(' ')}" fill="none" stroke="currentColor"/>`,
      '</g>',
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${names.length * height}" font-family="sans-serif" font-size="12">\n${charts.join('\n')}\n</svg>\n`;
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
