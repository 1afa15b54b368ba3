/** Lets other commands of the same user use the mounts that this process has open. */
import type { Socket } from 'node:net';
import type { TrustedDirectory } from '../../catalog/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { Connections, listenInDirectory, readRequestLine, type ListenOptions } from '../../host/internal.ts';
import { parseExact, stringifyExact } from '../wire/exact-json.ts';
import {
  longestMountsRequest,
  mountsRequestSchema,
  type MountsAnswer,
  type MountsRequest,
} from './messages.ts';
import type { Mounts } from './mounts.ts';

interface ServeMountsOptions extends Pick<ListenOptions, 'removed'> {
  /**
   * Told at the end where the socket can't be removed, as on a file system that has become read-only. Nobody listens there
   * any more, and the mounts have to be closed all the same.
   */
  readonly left?: ((error: unknown) => void) | undefined;
}

/**
 * Serves the mounts on a socket in the folder, which only its owner can enter. A command that goes away ends what it
 * asked for.
 *
 * @param folder where a storage is; the socket is in a folder below it
 * @throws the errors of the file system; StoreError `CATALOG_UNTRUSTED`
 */
export async function serveMounts(
  mounts: Mounts,
  folder: TrustedDirectory,
  { left, ...options }: ServeMountsOptions = {},
): Promise<AsyncDisposable> {
  const connections = new Connections();
  const listener = await listenInDirectory(folder, {
    ...options,
    connected: (socket) => {
      if (connections.add(socket)) void answer(mounts, socket, connections);
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      connections.destroyAll();
      try {
        await listener[Symbol.asyncDispose]();
      } catch (error) {
        left?.(error);
      }
      connections.destroyAll();
    },
  };
}

/** How often a command that waits is told that its request is being worked on. */
const beatMs = 1_000;

/** Never rejects. */
async function answer(mounts: Mounts, socket: Socket, connections: Connections): Promise<void> {
  const gone = new AbortController();
  socket.on('error', () => undefined);
  for (const end of ['end', 'close']) {
    socket.once(end, () => {
      gone.abort(new Error('the command that asked is gone'));
    });
  }
  let beats: NodeJS.Timeout | undefined;
  const said = await readRequestLine(socket, longestMountsRequest)
    .then((line) => {
      connections.asked(socket);
      beats = setInterval(() => {
        if (socket.writable && socket.writableLength === 0) socket.write('{"alive":true}\n');
      }, beatMs).unref();
      socket.resume(); // only a socket that is read tells that the other side has gone
      return carryOut(mounts, requestOf(line), gone.signal);
    })
    .catch((error: unknown): MountsAnswer => ({ error: errorAnswer(error) }));
  clearInterval(beats);
  if (socket.writable) socket.end(`${stringifyExact(said) ?? ''}\n`);
}

/** @throws BulkheadError `INVALID_OPTION` */
function requestOf(line: string): MountsRequest {
  let value: unknown;
  try {
    value = parseExact(line);
  } catch {
    value = undefined; // which is no request either
  }
  const request = mountsRequestSchema.safeParse(value);
  if (request.success) return request.data;
  throw new BulkheadError('INVALID_OPTION', 'the process that serves the mounts does not know this request', {
    hint: 'Use the same version of bulkhead for both commands.',
  });
}

async function carryOut(mounts: Mounts, asked: MountsRequest, signal: AbortSignal): Promise<MountsAnswer> {
  switch (asked.op) {
    case 'mounts':
      return { mounts: await mounts.list({ signal }), pid: process.pid };
    case 'enable':
      return { enabled: await mounts.enable(asked.mount, { signal }) };
    case 'disable':
      return { disabled: await mounts.disable(asked.path, { force: asked.force, signal }) };
    case 'request':
      return { answer: (await mounts.request(asked.request, { signal })) ?? null };
  }
}

function errorAnswer(error: unknown): { code: string; message: string; hint?: string | undefined } {
  const { code, message, hint } = BulkheadError.from(error);
  return { code, message, hint };
}
