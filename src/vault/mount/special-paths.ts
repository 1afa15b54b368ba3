/** Paths that a backend treats in a special way (Vault: logical.Paths). */
import type { WirePaths } from '../wire/messages.ts';

export interface SpecialPaths {
  /** Need a privilege of their own. */
  readonly root: readonly string[];
  /** May be used without a token: exact, or with `*` at the end, or `+` for one part. */
  readonly unauthenticated: readonly string[];
  /** Prefixes in the storage that are not replicated. */
  readonly localStorage: readonly string[];
  readonly sealWrapStorage: readonly string[];
  readonly writeForwardedStorage: readonly string[];
  /** The body of a request is not JSON. */
  readonly binary: readonly string[];
  readonly limited: readonly string[];
  readonly allowSnapshotRead: readonly string[];
}

export function readSpecialPaths(paths: WirePaths | null): SpecialPaths {
  return {
    root: paths?.root ?? [],
    unauthenticated: paths?.unauthenticated ?? [],
    localStorage: paths?.local_storage ?? [],
    sealWrapStorage: paths?.seal_wrap_storage ?? [],
    writeForwardedStorage: paths?.write_forwarded_storage ?? [],
    binary: paths?.binary ?? [],
    limited: paths?.limited ?? [],
    allowSnapshotRead: paths?.allow_snapshot_read ?? [],
  };
}

/** Whether a path is one of the patterns: exact, with `*` at the end for any rest, with `+` for any one part. */
export function matchesPath(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => matches(pattern, path));
}

function matches(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith('*');
  const wanted = (isPrefix ? pattern.slice(0, -1) : pattern).split('/');
  const parts = path.split('/');
  if (isPrefix ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((part, index) => {
    const given = parts[index] ?? '';
    if (part === '+') return given !== '';
    return isPrefix && index === wanted.length - 1 ? given.startsWith(part) : given === part;
  });
}
