import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import { hintForEnding } from './ending-hint.ts';
import { PodmanServiceError } from './service-error.ts';
import type { ServiceProcess } from './service-process.ts';

/** Time between two tries. Podman takes some tens of milliseconds to begin, and nothing tells when it is ready. */
const betweenTriesMs = 20;

/** Resolves with the first answer to a ping. @throws PodmanServiceError when the service ends or time runs out */
export async function untilItAnswers(
  service: ServiceProcess,
  socketPath: string,
  { startTimeoutMs, signal }: { startTimeoutMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const { Transport } = await import('../transport/transport.ts');
  const { ping } = await import('../system/ping.ts');
  const transport = new Transport(socketPath, {
    connectMs: startTimeoutMs,
    headersMs: startTimeoutMs,
    bodyMs: startTimeoutMs,
  });
  const late = AbortSignal.timeout(startTimeoutMs);
  const stopTrying = new AbortController();
  const limit = AbortSignal.any([late, stopTrying.signal, ...(signal ? [signal] : [])]);
  void service.exited.then(() => {
    stopTrying.abort();
  });
  try {
    while (!limit.aborted) {
      try {
        await ping(transport, { signal: limit });
        return;
      } catch (error) {
        if (!(error instanceof EngineError) && error !== limit.reason) throw error;
      }
      await delay(betweenTriesMs, undefined, { signal: limit }).catch(() => undefined);
    }
  } finally {
    await transport.close();
  }
  signal?.throwIfAborted();
  throw service.hasExited ? ended(service) : silent(service, startTimeoutMs);
}

function ended(service: ServiceProcess): PodmanServiceError {
  return new PodmanServiceError(
    'PODMAN_SERVICE_FAILED',
    `the Podman service ended before it answered (${service.ending})${lastLines(service.output)}`,
    {
      output: service.output,
      hint: hintForEnding(service.output),
    },
  );
}

function silent(service: ServiceProcess, startTimeoutMs: number): PodmanServiceError {
  return new PodmanServiceError(
    'PODMAN_SERVICE_TIMEOUT',
    `the Podman service did not answer within ${startTimeoutMs} ms${lastLines(service.output)}`,
    {
      output: service.output,
      hint: 'Give it more time with `startTimeoutMs` (of a host: `podman.startTimeoutMs`), or find out what its storage waits for.',
    },
  );
}

function lastLines(output: string): string {
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .slice(-4);
  return lines.length === 0 ? '' : `: ${lines.join(' / ')}`;
}
