import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { whenAborted } from '../../abort.ts';
import { trustedPath, type TrustedDirectory } from '../../catalog/internal.ts';
import { BulkheadError, errorCodes, type ErrorCode } from '../../errors.ts';
import { hostsFolder, type ControlAnswer, type ControlRequest, type HostState } from './messages.ts';
import { shortPath } from './short-path.ts';

/** A host in another process that runs on the directory. */
export interface RunningHost {
  readonly state: HostState;
  /**
   * Sends a request and yields the answers. Leaving the iteration, or an abort, ends it.
   *
   * @throws the error that the host reports
   */
  ask(request: ControlRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ControlAnswer>;
}

/**
 * Finds the hosts that run on a directory and answer requests. Sockets of dead hosts are removed.
 *
 * @throws StoreError `CATALOG_UNTRUSTED` when another user could have put something there
 */
export async function runningHosts(
  directory: TrustedDirectory,
  options: { readonly signal: AbortSignal },
): Promise<RunningHost[]> {
  const folder = await trustedPath(directory, join(directory.directory, hostsFolder), 'read');
  if (folder === undefined) return [];
  const names = await readdir(folder);
  const hosts = await Promise.all(
    names
      .filter((name) => name.endsWith('.sock'))
      .sort()
      .map(async (name): Promise<RunningHost[]> => {
        if ((await trustedPath(directory, join(folder, name), 'read')) === undefined) return [];
        const ask: RunningHost['ask'] = (request, { signal }) => askHost(folder, name, request, signal);
        try {
          for await (const answer of ask({ op: 'state' }, options)) {
            if ('state' in answer) return [{ state: answer.state, ask }];
          }
        } catch (error) {
          options.signal.throwIfAborted();
          // Nobody listens on the socket any more: its host is gone.
          if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED')
            await rm(join(folder, name), { force: true });
          else if (error instanceof BulkheadError) throw error;
        }
        return [];
      }),
  );
  return hosts.flat();
}

async function* askHost(
  folder: string,
  name: string,
  request: ControlRequest,
  signal: AbortSignal,
): AsyncIterable<ControlAnswer> {
  const { path, release } = await shortPath(folder, name);
  const socket = connect({ path, allowHalfOpen: true });
  const stopListening = whenAborted(signal, () => socket.destroy(signal.reason as Error));
  try {
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = createInterface({ input: socket, crlfDelay: Infinity });
    const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    failed.catch(() => undefined); // the race handles it, if it still runs
    const iterator = lines[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), failed]);
      if (next.done === true) break;
      const answer = JSON.parse(next.value) as ControlAnswer;
      if ('error' in answer) throw asError(answer.error);
      yield answer;
    }
    signal.throwIfAborted();
  } finally {
    stopListening();
    socket.destroy();
    await release();
  }
}

function asError({
  code,
  message,
  hint,
}: {
  code: string;
  message: string;
  hint?: string | undefined;
}): BulkheadError {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'INTERNAL';
  return new BulkheadError(known, message, { hint });
}
