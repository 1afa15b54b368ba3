/** Lets code read other files in place of those that the system has, such as processes that are not there. */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Reader = (path: unknown, ...rest: readonly unknown[]) => unknown;

const readers = [
  [fs, 'readFileSync'],
  [promises, 'open'],
  [promises, 'readdir'],
  [promises, 'readFile'],
  [promises, 'readlink'],
] as const;

/** Runs the work while files are read where `place` says, which is given each path that is read. */
export async function withRedirectedFiles(
  place: (path: string) => string,
  work: () => Promise<void>,
): Promise<void> {
  const undo = readers.map(([module, name]) => {
    const functions = module as unknown as Record<typeof name, Reader>;
    const real = functions[name];
    functions[name] = (path, ...rest) =>
      real.call(module, typeof path === 'string' ? place(path) : path, ...rest);
    return () => {
      functions[name] = real;
    };
  });
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const each of undo) each();
    syncBuiltinESMExports();
  }
}
