import { setTimeout as delay } from 'node:timers/promises';
import type { Call, EngineClient } from '../client.ts';
import { EngineProtocolError, NotFoundError } from '../errors.ts';
import { probeContainer } from './probe-container.ts';
import type { ContainerExit } from './container-exit.ts';

/** How often Podman checks whether the container has ended. Its own default, 250 ms, would show in every launch. */
const lookEvery = '50ms';

/** How long Podman may take to clean up after a container. */
const tidyingMs = 10_000;

/** `stopped` is the state between the end of the process and the end of Podman's clean-up. */
const ended = ['exited', 'stopped'];

/**
 * Waits through libpod: Podman's Docker-compatible wait spins on a processor up to 4.5, loses the code for `removed` before
 * 4.6, and can miss a short run.
 */
export async function waitOnPodman(
  client: EngineClient,
  name: string,
  condition: 'not-running' | 'next-exit' | 'removed',
  signal: AbortSignal | undefined,
): Promise<ContainerExit> {
  const call: Call = {
    doing: `wait for container ${name}`,
    method: 'POST',
    path: `/containers/${name}/wait`,
    lasting: { headersMs: 0, bodyMs: 0 },
    signal,
  };
  switch (condition) {
    case 'not-running': {
      const code = await waitForCode(client, call, ['created']);
      return { exitCode: Math.max(0, code) }; // -1: it never ran
    }
    case 'next-exit':
      await refuseEnded(client, name, call, new Date());
      await untilStarted(client, name, call);
      return { exitCode: await waitForCode(client, call) };
    case 'removed': {
      await untilStarted(client, name, call);
      const exitCode = await waitForCode(client, call);
      await waitForRemoval(client, call);
      return { exitCode };
    }
  }
}

/**
 * In the state `stopped` Podman may not have read the exit code yet, and answers 0 (seen with 4.3.1). After a 0 Podman
 * is therefore asked again until its clean-up is done, which also stores the code.
 */
async function waitForCode(
  client: EngineClient,
  call: Call,
  otherStates: readonly string[] = [],
): Promise<number> {
  const code = await waitFor(client, call, [...otherStates, ...ended]);
  if (code !== 0) return code;
  const limit = AbortSignal.timeout(tidyingMs);
  const signal = call.signal === undefined ? limit : AbortSignal.any([call.signal, limit]);
  try {
    return await waitFor(client, { ...call, signal }, [...otherStates, 'exited']);
  } catch (error) {
    call.signal?.throwIfAborted();
    // The container was removed meanwhile, or Podman's clean-up never ends: the first answer is all there is.
    if (limit.aborted || error instanceof NotFoundError) return code;
    throw error;
  }
}

async function waitFor(client: EngineClient, call: Call, states: readonly string[]): Promise<number> {
  const query = { condition: states, interval: lookEvery };
  const { text, status } = await client.callText({ ...call, libpod: true, query });
  if (/^-?\d+\s*$/.test(text)) return Number(text);
  throw new EngineProtocolError(`can't ${call.doing}: the engine's answer is no exit code`, {
    status,
    method: call.method,
    path: call.path,
    socketPath: client.transport.socketPath,
  });
}

async function waitForRemoval(client: EngineClient, call: Call): Promise<void> {
  try {
    await client.callText({ ...call, query: { condition: 'removed' } });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/** States of a container that was never started, in Podman's words and Docker's. */
const notStarted = ['created', 'configured', 'initialized'];
const firstLookMs = 10;
const longestLookMs = 100;

/**
 * Waits until the container has been started, because Podman takes one that was not started yet for one that has exited
 * with 0 (4.3.1, libpod `WaitForExit`). The state is polled: Podman reports none that a short run could not pass
 * through unseen.
 *
 * @throws NotFoundError when the container is removed before its start was seen: whether it ran is then not known
 */
async function untilStarted(client: EngineClient, name: string, call: Call): Promise<void> {
  const { doing, signal } = call;
  for (let pauseMs = firstLookMs; ; pauseMs = Math.min(2 * pauseMs, longestLookMs)) {
    const { status } = await probeContainer(client, name, { doing, signal });
    if (!notStarted.includes(status)) return;
    await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * Refuses a container that has ended. Podman reports the state and not its change, so it would return the last exit. If
 * the container was started after it was asked about, that exit is the one that is meant.
 */
async function refuseEnded(client: EngineClient, name: string, call: Call, asked: Date): Promise<void> {
  const options = { doing: call.doing, signal: call.signal };
  const { status, startedAt } = await probeContainer(client, name, options);
  const isStartedSince = startedAt !== undefined && startedAt >= asked;
  if (ended.includes(status) && !isStartedSince) {
    client.refuse(
      `can't wait for the next exit of a container that has ended (${name})`,
      'Start it first, then wait.',
    );
  }
}
