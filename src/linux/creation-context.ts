import { closeSync, openSync, writeSync } from 'node:fs';

/** The SELinux contexts that new objects get. What is not given stays as the policy has it. */
export interface CreationContexts {
  readonly socket?: string | undefined;
  readonly file?: string | undefined;
}

/** Settings of the calling thread, proc_pid_attr(5). */
const attributes = '/proc/thread-self/attr';

/**
 * Calls `make` while new sockets and files of this thread get the given contexts. Only what `make` makes before it
 * returns gets them, and nothing that other threads make. Node makes a unix socket on the calling thread before
 * `listen` and `connect` return.
 *
 * @throws the system's error where the kernel or the policy does not let this process set a context; then `make` is not
 *   called
 */
export function withCreationContexts<T>(
  { socket, file }: CreationContexts,
  make: () => T,
  folder: string = attributes,
): T {
  const wanted = [
    { path: `${folder}/sockcreate`, context: socket },
    { path: `${folder}/fscreate`, context: file },
  ];
  const set: string[] = [];
  try {
    for (const { path, context } of wanted) {
      if (context === undefined) continue;
      write(path, context);
      set.push(path);
    }
    return make();
  } finally {
    for (const path of set) write(path, '\n'); // which takes the context back
  }
}

function write(path: string, text: string): void {
  const descriptor = openSync(path, 'w');
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
