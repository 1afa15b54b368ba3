import { EngineVersionError } from './errors.ts';

/** Docker API versions that this client speaks. The newest is the newest one that the client was run against. */
export const oldestApiVersion = '1.40';
export const newestApiVersion = '1.51';

/** Negative when `a` is older than `b`, positive when it is newer. Compares number by number: 1.9 is older than 1.10. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split(/[.+-]/).map((part) => Number.parseInt(part, 10)),
  );
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i += 1) {
    // A part that is not a number ("5.0.0-rc1") counts as older than any number.
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

/**
 * Chooses the version to speak with an engine whose newest version is `theirs`.
 *
 * @throws EngineVersionError when `theirs` is older than our oldest version
 */
export function negotiateApiVersion(theirs: string, socketPath: string): string {
  if (!/^\d+\.\d+$/.test(theirs)) {
    throw new EngineVersionError(
      `the engine on ${socketPath} reports "${theirs.slice(0, 40)}" in place of an API version`,
      {
        socketPath,
      },
    );
  }
  if (compareVersions(theirs, oldestApiVersion) < 0) {
    throw new EngineVersionError(
      `the engine on ${socketPath} speaks API version ${theirs} at most; the oldest that works here is ${oldestApiVersion}`,
      { socketPath, hint: 'Update the engine: Docker 19.03 or later, Podman 4.0 or later.' },
    );
  }
  return compareVersions(theirs, newestApiVersion) < 0 ? theirs : newestApiVersion;
}

/**
 * Says of a refused API version what both sides take, and what to do; `undefined` when the engine refused something else.
 * An engine tells its oldest version only where it refuses one that is older still.
 */
export function describeRefusedVersion(
  engineMessage: string,
  { apiVersion, fixed }: { readonly apiVersion: string; readonly fixed: boolean },
): { readonly says: string; readonly hint: string } | undefined {
  const limit =
    /client version .* is too (?:old|new)\W+(Minimum|Maximum) supported API version is (\d+\.\d+)/.exec(
      engineMessage,
    );
  if (limit === null) return undefined;
  const [, end, theirs = ''] = limit;
  const bound = end === 'Minimum' ? 'takes no API version older than' : 'knows no API version newer than';
  return fixed
    ? {
        says: `it ${bound} ${theirs}, and DOCKER_API_VERSION is ${apiVersion}`,
        hint: `Unset DOCKER_API_VERSION, or set it to ${theirs}.`,
      }
    : {
        says: `it ${bound} ${theirs}, and ${apiVersion} is spoken with it here`,
        hint: `Update Bulkhead, or let Docker take older clients: "min-api-version": "${apiVersion}" in its daemon.json.`,
      };
}
