import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { numberOrZero } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import { compareVersions } from '../api-version.ts';
import type { Call, EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { jsonValues } from '../read-progress.ts';
import { notRunning } from './not-running.ts';

/** Resource use of a container. Counters begin at its start. */
export interface ContainerStats {
  readonly readAt: Date;
  /** Processor time, in nanoseconds. */
  readonly cpuNanos: number;
  /** Number of processors that the container may use. */
  readonly onlineCpus: number;
  readonly memoryBytes: number;
  /** Memory limit of the container; the host's memory when it has no limit. */
  readonly memoryLimitBytes: number;
  readonly pids: number;
  /** Traffic by interface; empty without a network. */
  readonly networks: Readonly<Record<string, { readonly receivedBytes: number; readonly sentBytes: number }>>;
  readonly blockReadBytes: number;
  readonly blockWrittenBytes: number;
}

/**
 * Statistics of a container, which can be iterated over once. Ending the iteration early, or disposing, closes the
 * connection.
 */
export interface ContainerStatsStream extends AsyncIterable<ContainerStats>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}

export const statsSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: numberOrZero }), online_cpus: numberOrZero }),
  memory_stats: z.object({ usage: numberOrZero, limit: numberOrZero }),
  pids_stats: z.object({ current: numberOrZero }),
  networks: z.record(z.string(), z.object({ rx_bytes: numberOrZero, tx_bytes: numberOrZero })).nullish(),
  blkio_stats: z.object({
    io_service_bytes_recursive: z.array(z.object({ op: z.string(), value: z.number() })).nullish(),
  }),
});

/** Podman 5 answers with status 200 and an error inside. */
const stoppedSchema = z.object({ cause: z.literal('container is stopped'), response: z.number() });

/** See `Containers.stats`. */
export async function containerStats(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<ContainerStats> {
  const { signal } = checkOptions('containers.stats', callOptions, options);
  const call = statsCall(client, checkContainerId('containers.stats', id), false, signal);
  const { body } = await client.call(call);
  if (body === undefined || stoppedSchema.safeParse(body).success) throw notRunning(call); // Podman 4, Podman 5
  const stats = client.parse(statsSchema, body, call);
  if (stats.read.startsWith('0001-')) throw notRunning(call); // Docker
  return toStats(stats);
}

/** See `Containers.followStats`. */
export async function followContainerStats(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<ContainerStatsStream> {
  const { signal } = checkOptions('containers.followStats', callOptions, options);
  const name = checkContainerId('containers.followStats', id);
  if (client.identity.kind === 'podman') return polledStats(client, name, signal);
  const call = statsCall(client, name, true, signal);
  const response = await client.open(call);
  const samples = (async function* () {
    for await (const value of jsonValues(client, call, response)) {
      const stats = client.parse(statsSchema, value, call);
      if (stats.read.startsWith('0001-')) return; // it has ended
      yield toStats(stats);
    }
  })();
  return {
    [Symbol.asyncIterator]: () => samples,
    async [Symbol.asyncDispose]() {
      response.body.on('error', () => undefined).destroy();
      await samples.return();
    },
  };
}

/** Time between two samples, as Docker sends them. */
const sampleMs = 1_000;

/** Asks for one sample after the other, because Podman sends them five seconds apart. */
async function polledStats(
  client: EngineClient,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ContainerStatsStream> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const sample = async (): Promise<ContainerStats | undefined> => {
    try {
      return await containerStats(client, id, { signal: either });
    } catch (error) {
      signal?.throwIfAborted();
      if (over.signal.aborted || error instanceof ConflictError) return undefined; // it has ended
      throw error;
    }
  };
  const first = await sample();
  const samples = (async function* () {
    for (let next = first; next !== undefined;) {
      const due = performance.now() + sampleMs;
      yield next;
      await delay(Math.max(0, due - performance.now()), undefined, { signal: either }).catch(() => undefined);
      signal?.throwIfAborted();
      next = await sample().catch((error: unknown) => {
        if (error instanceof NotFoundError) return undefined; // it was removed
        throw error;
      });
    }
  })();
  return {
    [Symbol.asyncIterator]: () => samples,
    async [Symbol.asyncDispose]() {
      over.abort();
      await samples.return();
    },
  };
}

function statsCall(
  client: EngineClient,
  name: string,
  stream: boolean,
  signal: AbortSignal | undefined,
): Call {
  const { apiVersion } = client.identity;
  return {
    doing: `measure container ${name}`,
    method: 'GET',
    path: `/containers/${name}/stats`,
    // Asks for one shot, because Docker would otherwise wait for a second sample to compare.
    query: { stream, 'one-shot': !stream && compareVersions(apiVersion, '1.41') >= 0 ? true : undefined },
    lasting: {
      headersMs: client.transport.limits.headersMs,
      bodyMs: stream ? 0 : client.transport.limits.bodyMs,
    },
    signal,
  };
}

function toStats(stats: z.infer<typeof statsSchema>): ContainerStats {
  const transferred = (operation: string) =>
    (stats.blkio_stats.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op.toLowerCase() === operation)
      .reduce((sum, { value }) => sum + value, 0);
  return {
    readAt: new Date(stats.read),
    cpuNanos: stats.cpu_stats.cpu_usage.total_usage,
    onlineCpus: stats.cpu_stats.online_cpus,
    memoryBytes: stats.memory_stats.usage,
    memoryLimitBytes: stats.memory_stats.limit,
    pids: stats.pids_stats.current,
    networks: Object.fromEntries(
      Object.entries(stats.networks ?? {}).map(([name, { rx_bytes, tx_bytes }]) => [
        name,
        { receivedBytes: rx_bytes, sentBytes: tx_bytes },
      ]),
    ),
    blockReadBytes: transferred('read'),
    blockWrittenBytes: transferred('write'),
  };
}
