import { InvalidOptionError } from '../errors.ts';
import { capabilityNumber, capabilityOf } from '../linux/capabilities.ts';

/** VFS_CAP_REVISION_2 with the flag that makes the permitted capabilities effective at once (`+ep`). */
const revision2Effective = 0x02000001;

/**
 * Encodes the value of the extended attribute `security.capability` for `names` as permitted and effective (`+ep`): 20
 * bytes, `struct vfs_cap_data` revision 2, little-endian.
 *
 * @param names `IPC_LOCK` and `CAP_IPC_LOCK`, in either case, mean the same
 * @throws {InvalidOptionError} for a name that Linux does not know
 */
export function encodeFileCapabilities(names: readonly string[]): Uint8Array {
  const permitted: [low: number, high: number] = [0, 0];
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number === undefined) {
      throw new InvalidOptionError(
        'fileCapabilities',
        `${JSON.stringify(name)} is not a capability of Linux`,
      );
    }
    if (number < 32) permitted[0] |= 1 << number;
    else permitted[1] |= 1 << (number - 32);
  }
  const view = new DataView(new ArrayBuffer(20));
  view.setUint32(0, revision2Effective, true);
  view.setUint32(4, permitted[0] >>> 0, true);
  view.setUint32(12, permitted[1] >>> 0, true);
  return new Uint8Array(view.buffer);
}

/**
 * The low three bytes of the magic number hold flags; the top byte holds the revision
 * (include/uapi/linux/capability.h).
 */
const effectiveFlag = 0x000001;

export interface FileCapabilities {
  /** Names without `CAP_`, in the order of their numbers; `#41` for a number that has no name here. */
  readonly permitted: readonly string[];
  /** Whether a process that executes the file has them at once. */
  readonly effective: boolean;
}

/** Length of the value by revision: the kernel accepts no other (include/uapi/linux/capability.h: XATTR_CAPS_SZ). */
const sizes: Readonly<Record<number, number>> = { 1: 12, 2: 20, 3: 24 };

/** Reads the value of `security.capability`, revisions 1 to 3. Returns `undefined` for anything else. */
export function decodeFileCapabilities(value: Uint8Array): FileCapabilities | undefined {
  if (value.byteLength < 12) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const magic = view.getUint32(0, true);
  const revision = magic >>> 24;
  if (sizes[revision] !== value.byteLength) return undefined;
  const words = [view.getUint32(4, true), revision > 1 ? view.getUint32(12, true) : 0];
  const permitted: string[] = [];
  for (let number = 0; number < 64; number += 1) {
    if ((((words[number >> 5] ?? 0) >>> (number & 31)) & 1) === 1) {
      permitted.push(capabilityOf(number) ?? `#${number}`);
    }
  }
  return { permitted, effective: (magic & effectiveFlag) !== 0 };
}
