/** Engines show and take capabilities with and without their prefix; here they have none. */
export function withoutCapPrefix(capability: string): string {
  return capability.replace(/^CAP_/i, '').toUpperCase();
}
