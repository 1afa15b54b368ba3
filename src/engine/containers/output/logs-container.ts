import { z } from 'zod';
import type { CallOptions } from '../../call-options.ts';
import type { Call, EngineClient } from '../../client.ts';
import { RawStream } from '../../codec/raw-stream.ts';
import { InvalidOptionError } from '../../../errors.ts';
import { checkOptions, countOption, optionsOf, signalOption } from '../../../settings/option-check.ts';
import { checkContainerId } from '../../check-name.ts';
import type { TransportResponse } from '../../transport/transport.ts';
import { probeContainer } from '../probe-container.ts';
import { explainStreamError } from './stream-error.ts';

export interface ContainerLogsOptions extends CallOptions {
  /** Follows the log until the container ends. Default false. */
  readonly follow?: boolean | undefined;
  /** Default true. */
  readonly stdout?: boolean | undefined;
  /** Default true. */
  readonly stderr?: boolean | undefined;
  /** Only what was written at or after this time. */
  readonly since?: Date | undefined;
  /** Only what was written before this time. */
  readonly until?: Date | undefined;
  /** Reads only the last so many lines, counted before a stream is left out. Default: all. */
  readonly tail?: number | undefined;
  /** Puts the time before each line, as RFC 3339. Podman before 5.8 gives whole seconds. Default false. */
  readonly timestamps?: boolean | undefined;
}

/** A piece of output, which need not be a line. All output of a container with `tty` is `stdout`. */
export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

/** The log, which can be iterated over once. Ending the iteration early, or disposing, closes the connection. */
export interface ContainerLogs extends AsyncIterable<LogChunk>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

const schema = optionsOf<ContainerLogsOptions>()({
  follow: z.boolean().optional(),
  stdout: z.boolean().optional(),
  stderr: z.boolean().optional(),
  since: z.date().optional(),
  until: z.date().optional(),
  tail: countOption,
  timestamps: z.boolean().optional(),
  signal: signalOption,
});

/** See `Containers.logs`. */
export async function containerLogs(
  client: EngineClient,
  id: string,
  options: ContainerLogsOptions = {},
): Promise<ContainerLogs> {
  const checked = checkOptions('containers.logs', schema, options);
  const {
    follow = false,
    stdout = true,
    stderr = true,
    since,
    until,
    tail,
    timestamps = false,
    signal,
  } = checked;
  const name = checkContainerId('containers.logs', id);
  if (!stdout && !stderr)
    throw new InvalidOptionError('stdout', 'containers.logs needs stdout, stderr or both');
  const doing = `read the log of container ${name}`;
  const probe = await probeContainer(client, name, { doing, signal });
  if (probe.logDriver === 'none') {
    client.refuse(
      `keeps no log of container ${name}: its log driver is "none"`,
      'Attach to it before its start instead.',
    );
  }
  const call: Call = {
    doing,
    method: 'GET',
    path: `/containers/${probe.id}/logs`,
    query: {
      follow,
      stdout,
      stderr,
      timestamps,
      since: unixTime(since),
      until: unixTime(until),
      tail: tail ?? 'all',
    },
    lasting: { headersMs: client.transport.limits.headersMs, bodyMs: 0 },
    signal,
  };
  const response = await client.open(call);
  const chunks = readChunks(client, call, response, probe.tty);
  return {
    [Symbol.asyncIterator]: () => chunks,
    async [Symbol.asyncDispose]() {
      response.body.on('error', () => undefined).destroy();
      await chunks.return();
    },
  };
}

async function* readChunks(
  client: EngineClient,
  call: Call,
  { body }: TransportResponse,
  tty: boolean,
): AsyncGenerator<LogChunk, void, undefined> {
  const frames = new RawStream();
  try {
    for await (const bytes of body as AsyncIterable<Uint8Array>) {
      if (tty) yield { stream: 'stdout', data: bytes };
      else yield* frames.push(bytes);
    }
    if (!frames.complete) {
      throw Object.assign(new Error('the stream ended inside a frame'), {
        code: 'ERR_STREAM_PREMATURE_CLOSE',
      });
    }
  } catch (error) {
    throw await explainStreamError(client, call, error);
  }
}

/** Writes a time as seconds with a fraction, as both engines read it. */
function unixTime(date: Date | undefined): string | undefined {
  return date && (date.getTime() / 1000).toFixed(3);
}
