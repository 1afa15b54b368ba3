import { statfsSync } from 'node:fs';
import { basename } from 'node:path';

/** Magic numbers of statfs(2). */
const tmpfsMagic = 0x0102_1994;
const cgroup2Magic = 0x6367_7270;

/** Whether the host has cgroup v1 controllers, and a cgroup v2 without any beside them. */
export function isHybridCgroupLayout(mountPoint = '/sys/fs/cgroup'): boolean {
  return (
    fileSystemType(mountPoint) === tmpfsMagic && fileSystemType(`${mountPoint}/unified`) === cgroup2Magic
  );
}

/**
 * Whether the service must be started in a mount namespace of its own. Only root can do that. Podman's own choice of
 * runtime may be crun.
 */
export function needsPrivateCgroupView(runtime: string | undefined): boolean {
  if (runtime !== undefined && basename(runtime) !== 'crun') return false;
  return process.geteuid?.() === 0 && isHybridCgroupLayout();
}

function fileSystemType(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}
