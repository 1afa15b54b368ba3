import type { EngineProcess } from './engine-process.ts';

/**
 * Says who besides root and the engine's user could have written a configuration file of the engine; `undefined` for
 * nobody.
 */
export function foreignWriter(
  { uid, mode }: { readonly uid: number; readonly mode: number },
  { uid: user }: EngineProcess,
): string | undefined {
  if (uid !== 0 && uid !== user) return `it belongs to user ${uid}`;
  return (mode & 0o022) === 0 ? undefined : 'others may write to it';
}
