/** Whether it can be the part of a key by which the data of a mount are found: it must not lead elsewhere. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value);
}
