/** Durations and times as Vault writes them: nanoseconds, and seconds with nanoseconds. */
import type { WireTimestamp } from './messages.ts';

/** The longest duration that Go has, in whole milliseconds: 292 years. Plugins say it when they mean for ever. */
export const longestDurationMs = 9_223_372_036_854;

/** @returns nanoseconds as a decimal text; the longest ones that there are for a longer time */
export function toNanoseconds(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  // toMilliseconds rounds up, so that the longest duration comes back as a millisecond too many.
  if (whole > longestDurationMs) return longestNanoseconds;
  return String(BigInt(whole) * 1_000_000n);
}

/** @returns whole milliseconds; part of one counts as one, so that a short time does not become none */
export function toMilliseconds(nanoseconds: string | number): number {
  return Math.ceil(Number(nanoseconds) / 1e6);
}

export function toTimestamp(time: Date): { seconds: string; nanos: number } {
  const ms = time.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds: String(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** @returns `undefined` for a time that is absent, or that no Date can hold, such as the zero time of Go's programs */
export function toDate(timestamp: WireTimestamp | null): Date | undefined {
  if (timestamp === null) return undefined;
  const seconds = Number(timestamp.seconds);
  if (seconds === 0 || seconds <= zeroTimeOfGo) return undefined;
  const date = new Date(seconds * 1000 + Math.floor(timestamp.nanos / 1e6));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const longestNanoseconds = String(2n ** 63n - 1n);

/** The first of January of the year 1, in seconds. */
const zeroTimeOfGo = -62_135_596_800;
