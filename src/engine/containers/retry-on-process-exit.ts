import type { EngineClient } from '../client.ts';
import { EngineOperationError } from '../errors.ts';

const maxAttempts = 10;

/** What the kernel answers to a read of the files of a process that has just ended, as Podman passes it on. */
const processEnded = /\/proc\/\d+\/.*no such (?:process|file or directory)/;

/**
 * Asks Podman anew when the container's process ends while Podman looks at it. To inspect a running container Podman reads
 * `/proc/PID/cgroup`, and it answers status 500 when the process ends between the opening of that file and the read
 * (seen with 4.3.1). The next answer knows of the end.
 */
export async function retryOnProcessExit<T>(client: EngineClient, ask: () => Promise<T>): Promise<T> {
  for (let left = maxAttempts; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (!client.isPodman || left <= 1 || !isProcessEnd(error)) throw error;
    }
  }
}

function isProcessEnd(error: unknown): boolean {
  return error instanceof EngineOperationError && processEnded.test(error.engineMessage ?? '');
}
