/** Durations and times as Vault writes them: nanoseconds, and seconds with nanoseconds. */
import type { WireTimestamp } from './messages.ts';

/** @returns nanoseconds as a decimal text */
export function toNanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds)) * 1_000_000n);
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

/** The first of January of the year 1, in seconds. */
const zeroTimeOfGo = -62_135_596_800;
