/** The container that this process is in, as far as its own mounts and files tell. */
import { access } from 'node:fs/promises';
import type { Mount } from './mounts.ts';

/** Files that Docker and Podman put into each container. */
const marks = ['/.dockerenv', '/run/.containerenv'];

/** What engines mount into their containers from the folder that they have for each, which is named after its id. */
const ownFiles = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv'];

/** Returns what shows that this process is in a container; `undefined` where nothing does. */
export async function containerMark(mounts: readonly Mount[]): Promise<string | undefined> {
  for (const mark of marks) {
    const there = await access(mark).then(
      () => true,
      () => false,
    );
    if (there) return mark;
  }
  return containerIdIn(mounts) === undefined ? undefined : '/proc/self/mountinfo';
}

/** Returns the id of the container, which the kernel shows in the origin of mounts that the engine made. */
export function containerIdIn(mounts: readonly Mount[]): string | undefined {
  for (const { point, root } of mounts) {
    const id = /(?:^|\/)(?:overlay-)?containers\/([0-9a-f]{64})\//.exec(root)?.[1];
    if (id !== undefined && ownFiles.includes(point)) return id;
  }
  return undefined;
}
