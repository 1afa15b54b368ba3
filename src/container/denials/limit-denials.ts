/** Limits of a container that a plugin runs into: processes, memory, open files. */
import type { Denial } from './denial.ts';

/** Go, glibc, musl, shells, Node.js, Python, Java and Rust, where a process or thread can't be made. */
const processes: Denial = {
  words:
    /failed to create new OS thread|newosproc|can't start new thread|unable to create (?:new )?native thread|pthread_create|failed to spawn thread|\bspawn\b.*\bEAGAIN\b|(?:fork|clone|vfork|thread|BlockingIOError|posix_spawn)\b.*resource temporarily unavailable/i,
  hint(_line, { pidsLimit }) {
    if (pidsLimit === undefined || pidsLimit <= 0) return undefined;
    return `The container may have ${pidsLimit} processes and threads: raise \`pidsLimit\`, or lift it with \`pidsLimit: 'unlimited'\`.`;
  },
};

/** Programs that know the limit of their container, and end before they reach it. */
const heap: Denial = {
  words:
    /JavaScript heap out of memory|Reached heap limit|OutOfMemoryError: Java heap space|OutOfMemoryError: GC overhead|OutOfMemoryException/i,
  hint(_line, { memoryBytes }) {
    if (memoryBytes === undefined || memoryBytes <= 0) return undefined;
    return `The plugin sized its heap by the memory limit of its container, ${memoryBytes} bytes: raise \`memoryBytes\`, or set the heap with an option of its own.`;
  },
};

const openFiles: Denial = {
  // `in system` is a limit of the whole machine, and inotify has one for each user.
  words: /too many open files(?! in system)|\bEMFILE\b|ProcessFdQuotaExceeded/i,
  hint: (line) =>
    /inotify/i.test(line)
      ? undefined
      : "The plugin has reached its limit of open files: raise it with `ulimits: [{ name: 'nofile', soft: 65536, hard: 65536 }]`.",
};

const lockedMemory: Denial = {
  words:
    /mlock(?:all|2)?\b.*(?:cannot allocate memory|operation not permitted|resource temporarily unavailable|ENOMEM|EPERM|EAGAIN|errno (?:12|1|11)\b)|failed to lock memory/i,
  hint: () =>
    'The plugin may not lock its memory: turn off mlock in the plugin, or launch it with `mlock` on an engine whose memlock limit is high enough.',
};

export const limitDenials: readonly Denial[] = [lockedMemory, processes, heap, openFiles];
