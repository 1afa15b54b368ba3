/** Lets tests see and replace calls of the file system and pauses, which modules have imported by name. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** Runs the work while functions of `node:fs/promises` are others. */
export async function withReplaced<T>(replaced: Partial<typeof fs>, work: () => Promise<T>): Promise<T> {
  const names = Object.keys(replaced) as (keyof typeof fs)[];
  const real = Object.fromEntries(names.map((name) => [name, fs[name]]));
  Object.assign(fs, replaced);
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
}

/** Runs the work while every pause is over at once, and tells how long each should have been, and whether it keeps a process alive. */
export async function withoutPauses<T>(
  paused: (ms: number, keepsAlive: boolean) => void,
  work: () => Promise<T>,
): Promise<T> {
  const real = timers.setTimeout;
  timers.setTimeout = ((ms: number, _: unknown, { ref = true }: { ref?: boolean } = {}) => {
    paused(ms, ref);
    return Promise.resolve();
  }) as typeof real;
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    timers.setTimeout = real;
    syncBuiltinESMExports();
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}
