import { z } from 'zod';
import { whenAborted } from '../../../abort.ts';
import { InvalidOptionError } from '../../../errors.ts';
import type { CallOptions } from '../../call-options.ts';
import type { Call, EngineClient } from '../../client.ts';
import { ConflictError, EngineProtocolError } from '../../errors.ts';
import type { TransportResponse } from '../../transport/transport.ts';
import { checkOptions, optionsOf, signalOption } from '../../../settings/option-check.ts';
import { checkContainerId } from '../../check-name.ts';
import { pumpOutput, type OutputPump } from './output-pump.ts';
import { probeContainer } from '../probe-container.ts';
import { socketStdin, type ContainerStdin } from './socket-stdin.ts';
import { explainStreamError } from './stream-error.ts';

export interface AttachContainerOptions extends CallOptions {
  /** Connects to the container's stdin too; it must have been created with `openStdin`. Default false. */
  readonly stdin?: boolean | undefined;
  /** Default true. */
  readonly stdout?: boolean | undefined;
  /** Default true. */
  readonly stderr?: boolean | undefined;
  /** Bytes of output kept per stream while nobody reads it; beyond that, the engine has to wait. Default 1 MiB. */
  readonly bufferBytes?: number | undefined;
}

export interface ContainerAttachment extends AsyncDisposable {
  /**
   * Output in pieces as they come, not in lines. For a container with `tty` it is all of the output. It ends with the
   * container, and takes one reader.
   *
   * @throws EngineGoneError while iterating, when the engine ended the connection inside a frame
   */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Present only when it was asked for. */
  readonly stdin: ContainerStdin | undefined;
  /** Resolves when the engine or `close` has ended the connection; rejects when the connection broke. */
  readonly ended: Promise<void>;
  /** Closes the connection; the container goes on and its output is dropped. Idempotent. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const schema = optionsOf<AttachContainerOptions>()({
  stdin: z.boolean().optional(),
  stdout: z.boolean().optional(),
  stderr: z.boolean().optional(),
  bufferBytes: z.int().positive().optional(),
  signal: signalOption,
});

const mebibyte = 1024 * 1024;

/** See `Containers.attach`. */
export async function attachContainer(
  client: EngineClient,
  id: string,
  options: AttachContainerOptions = {},
): Promise<ContainerAttachment> {
  const checked = checkOptions('containers.attach', schema, options);
  const { stdin = false, stdout = true, stderr = true, bufferBytes = mebibyte, signal } = checked;
  const name = checkContainerId('containers.attach', id);
  const doing = `attach to container ${name}`;
  const probe = await probeContainer(client, name, { doing, signal });
  refuseEnded(probe.status, doing);
  if (stdin && !probe.openStdin) {
    throw new InvalidOptionError(
      'stdin',
      `container ${name} was created without openStdin, so it has no stdin`,
    );
  }
  const framed = !probe.tty;
  if (!stdin) return attachOutput(client, probe.id, { doing, stdout, stderr, framed, bufferBytes, signal });
  const call = attachCall(client, probe.id, { doing, stdin, stdout, stderr, signal });
  const explain = (error: unknown) => explainStreamError(client, call, error);
  const { socket, head } = await client.upgrade(call);
  if (head.length > 0) socket.unshift(head);
  const stopListening = whenAborted(signal, () => socket.destroy(signal?.reason as Error));
  socket.once('close', stopListening);
  return attachment(pumpOutput(socket, { framed, bufferBytes, explain }), socketStdin(socket, explain));
}

interface Streams extends CallOptions {
  readonly doing: string;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Attaches to the output of a container that has not ended, without asking about it before. */
export async function attachOutput(
  client: EngineClient,
  id: string,
  {
    framed,
    bufferBytes = mebibyte,
    ...streams
  }: Streams & { readonly framed: boolean; readonly bufferBytes?: number },
): Promise<ContainerAttachment> {
  const call = attachCall(client, id, { ...streams, stdin: false });
  const explain = (error: unknown) => explainStreamError(client, call, error);
  const { body, headers } = await client.open(call);
  refuseWhole(headers, body, streams.doing);
  return attachment(pumpOutput(body, { framed, bufferBytes, explain }));
}

function attachCall(
  client: EngineClient,
  id: string,
  { doing, stdin, stdout, stderr, signal }: Streams & { readonly stdin: boolean },
): Call {
  return {
    doing,
    method: 'POST',
    path: `/containers/${id}/attach`,
    // All five are sent: Docker takes a missing one for false, Podman for true.
    query: { stream: true, logs: false, stdin, stdout, stderr },
    lasting: { headersMs: client.transport.limits.headersMs, bodyMs: 0 },
    signal,
  };
}

/** Refuses a container that has ended: Docker would wait for its next start, Podman would set it up for another run. */
function refuseEnded(status: string, doing: string): void {
  if (!['exited', 'stopped', 'dead', 'removing'].includes(status)) return;
  throw new ConflictError(`can't ${doing}: it has ended`, { hint: 'Read its output with containers.logs.' });
}

/** The output of a container that runs has no length: an answer with one is something else, and would end the output. */
function refuseWhole(
  headers: TransportResponse['headers'],
  body: TransportResponse['body'],
  doing: string,
): void {
  if (headers['content-length'] === undefined) return;
  body.on('error', () => undefined).destroy();
  throw new EngineProtocolError(`can't ${doing}: the engine answered with a text in place of the output`);
}

function attachment(pump: OutputPump, stdin?: ContainerStdin): ContainerAttachment {
  return {
    stdout: pump.stdout,
    stderr: pump.stderr,
    stdin,
    ended: pump.ended,
    close: () => {
      pump.stop();
    },
    async [Symbol.asyncDispose]() {
      pump.stop();
      await pump.ended.catch(() => undefined);
    },
  };
}
