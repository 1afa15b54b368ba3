import { existsSync } from 'node:fs';
import { BulkheadError } from '../errors.ts';

/** How engines say that they may not change a label. */
const cantRelabel = /error setting label on mount source|relabel failed|SELinux relabeling of|\blsetxattr\b/i;

/** How engines and runtimes say that what they are to mount is not there. */
const notThere = /does not exist|no such file or directory|not found/i;

/**
 * Explains the failure of an engine that does not find the folder for sockets, although this process has made it: the
 * engine has another folder, or none, at this path. Any other error is returned as it is.
 */
export function withFolderHint(error: unknown, folder: string): unknown {
  if (!(error instanceof BulkheadError)) return error;
  if (cantRelabel.test(error.message)) {
    return new BulkheadError(
      'SOCKET_DIRECTORY_FAILED',
      `the engine can't give the folder for sockets the SELinux label of its container: ${error.message}`,
      {
        cause: error,
        hint: `Give the parent of the folder the label of containers, for good: semanage fcontext -a -t container_file_t 'FOLDER(/.*)?' && restorecon -R FOLDER; and name it with \`socketDirectory\`. The audit log says what was denied: ausearch -m avc -ts recent.`,
      },
    );
  }
  if (!isAbout(error, folder)) return error;
  return new BulkheadError(
    'SOCKET_DIRECTORY_FAILED',
    `the engine does not see the folder for sockets that this process has made: ${error.message}`,
    {
      cause: error,
      hint: 'The engine works in another mount namespace, or this process is in a container. With `socketDirectory`, choose a folder that both see under the same path: for a container, a folder of the machine that is mounted there at the same path, as in docker run -v /run/bulkhead:/run/bulkhead.',
    },
  );
}

function isAbout({ message }: BulkheadError, folder: string): boolean {
  return message.includes(folder) && notThere.test(message) && existsSync(folder);
}
