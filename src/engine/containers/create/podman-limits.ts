import { readFileSync } from 'node:fs';
import { compareVersions } from '../../api-version.ts';
import type { Ulimit } from './create-container.ts';

/** systemd's default hard limit on the files of a service, which a user's Podman service can surely pass on. */
const mostFiles = 524_288;
/**
 * The kernel's default for the number of process ids. It is plenty for a container, and within what services are given.
 */
const mostProcesses = 32_768;

/**
 * Returns the limits to send. When `nofile` and `nproc` are not given, Podman 4 sets them itself: to more than an
 * engine without CAP_SYS_RESOURCE may set, or with soft and hard limit mixed up, so that the start fails. They are
 * therefore sent.
 */
export function podmanLimits(
  ulimits: readonly Ulimit[] | undefined,
  podmanVersion: string,
): object[] | undefined {
  const asked = (ulimits ?? []).map(({ name, soft, hard }) => ({ type: name, soft, hard }));
  if (compareVersions(podmanVersion, '5') >= 0) return ulimits === undefined ? undefined : asked;
  const added = [
    { type: 'nofile', limit: Math.min(ownHardLimit('Max open files'), mostFiles) },
    { type: 'nproc', limit: Math.min(ownHardLimit('Max processes'), mostProcesses) },
  ].filter(({ type }) => asked.every((given) => given.type !== type));
  return [...asked, ...added.map(({ type, limit }) => ({ type, soft: limit, hard: limit }))];
}

function ownHardLimit(name: string): number {
  const line = readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(name));
  const hard = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
  return Number.isNaN(hard) ? Number.POSITIVE_INFINITY : hard; // the file says "unlimited"
}
