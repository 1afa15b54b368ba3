/** What a process holds at the end of each stretch, and whether that grows. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Sample {
  /** How many trials this process has made. */
  readonly trial: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
}

export function sampleAfter(trial: number): Sample {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').length;
  return { trial, rssBytes: rss, heapBytes: heapUsed, descriptors };
}

let collect = globalThis.gc;

/** What nothing refers to any more is no growth. Node.js shows its collector only to contexts made after this flag. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  }
  collect();
}

/** Stretches in which code is compiled and caches are filled. */
const warmUp = 2;
/** Fewer samples say nothing. */
const fewest = 5;
/** What grows by more than this in the whole, and by more than this a trial, is not flat. */
const limits = {
  heapBytes: { whole: 16 * 2 ** 20, perTrial: 16 * 2 ** 10 },
  descriptors: { whole: 3, perTrial: 0.02 },
} as const;

/** What grows from stretch to stretch; empty when nothing does, or when too few were made to tell. */
export function whatGrows(samples: readonly Sample[]): string[] {
  const later = samples.slice(warmUp);
  const trials = (later.at(-1)?.trial ?? 0) - (later[0]?.trial ?? 0);
  if (later.length < fewest || trials === 0) return [];
  return (['heapBytes', 'descriptors'] as const).flatMap((what) => {
    const perTrial = slopeOf(later.map((sample) => [sample.trial, sample[what]]));
    const limit = limits[what];
    if (perTrial <= limit.perTrial || perTrial * trials <= limit.whole) return [];
    return [`${what} grow by ${perTrial.toFixed(2)} a trial, over ${trials} trials`];
  });
}

/** The slope of the straight line that fits the points best. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const [meanX, meanY] = [0, 1].map(
    (at) => points.reduce((sum, point) => sum + (point[at] ?? 0), 0) / points.length,
  ) as [number, number];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / (spread || 1);
}
