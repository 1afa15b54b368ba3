/** Names of capabilities, in the order of their numbers in Linux's `include/uapi/linux/capability.h`. */
const names = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/** A capability of Linux, without `CAP_`. */
export type Capability = (typeof names)[number];

/**
 * Returns the name without prefix and in capitals: `ipc_lock`, `CAP_IPC_LOCK` and `IPC_LOCK` are the same capability.
 */
export function capabilityName(given: string): string {
  return given.toUpperCase().replace(/^CAP_/, '');
}

/** Returns the capability's number; `undefined` for a name that Linux does not know. */
export function capabilityNumber(given: string): number | undefined {
  const number = names.indexOf(capabilityName(given) as Capability);
  return number < 0 ? undefined : number;
}

/**
 * Returns the capability of a number; `undefined` for one that has no name here, because a newer kernel may have more.
 */
export function capabilityOf(number: number): Capability | undefined {
  return names[number];
}

/** Whether a set of capabilities has this one. The set has a bit for each, as in `/proc/PID/status`. */
export function hasCapability(set: bigint, name: Capability): boolean {
  return ((set >> BigInt(names.indexOf(name))) & 1n) === 1n;
}
