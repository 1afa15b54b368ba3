import type { TmpfsMount } from './create-container.ts';

/** Mount options of a tmpfs, as both engines take them. */
export function tmpfsOptions({ sizeBytes, mode = 0o1777, noExec = true }: TmpfsMount): string[] {
  return [
    'rw',
    'nosuid',
    'nodev',
    noExec ? 'noexec' : 'exec',
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    `mode=${mode.toString(8).padStart(4, '0')}`,
  ];
}
