import { hasCapability } from '../../linux/capabilities.ts';
import { sameUserNamespace, type ProcessStatus } from '../../linux/process-status.ts';

/**
 * Capabilities that engines need. In the user namespace and the process namespace of the machine they let a process
 * control all others, so that it gains nothing by posing as an engine. Containers are given neither of the last two,
 * and a container that has them is not confined by anything else.
 */
const masterCapabilities = ['DAC_OVERRIDE', 'SETUID', 'SYS_PTRACE', 'SYS_ADMIN'] as const;

/** The processes with which a candidate is compared. */
export interface Yardsticks {
  readonly own: ProcessStatus;
  /** The first process of the machine, or of the process namespace that this process is in. */
  readonly first: ProcessStatus | undefined;
}

/**
 * Returns why a process could belong to somebody weaker than the user `owner` of the machine, such as a program in a
 * container; `undefined` when it could not. Only what the kernel says about a process counts, and only what every user
 * may read: its name, its arguments, its files and its sockets are its own choice.
 */
export function confinementOf(
  candidate: ProcessStatus,
  owner: number,
  { own, first }: Yardsticks,
): string | undefined {
  const { pid, uids, pidNamespaces, capabilities, seccompFilters, noNewPrivileges } = candidate;
  // A program with the setuid bit that an ordinary user has started has that user as its real user.
  if (uids.length !== 4 || uids.some((uid) => uid !== owner))
    return `process ${pid} does not belong to uid ${owner} in every respect`;
  if (pidNamespaces !== 1) return `process ${pid} is in a process namespace of its own, as containers are`;
  if (seccompFilters > (first?.seccompFilters ?? 0))
    return `the system calls of process ${pid} are filtered, as those of containers are`;
  if (noNewPrivileges && first?.noNewPrivileges !== true)
    return `process ${pid} can gain no privileges, as in a container`;
  const isOfTheMachine = sameUserNamespace(candidate, own);
  if (isOfTheMachine && owner !== 0) return undefined; // an ordinary user's own process
  if (!isOfTheMachine && owner === 0) return `process ${pid} is in a user namespace of its own`;
  // The containers of a rootless engine are in its user namespace too.
  const missing = masterCapabilities.filter((name) => !hasCapability(capabilities, name));
  return missing.length === 0
    ? undefined
    : `process ${pid} lacks ${missing.map((name) => `CAP_${name}`).join(', ')}, as containers do`;
}
