import type { Call, EngineClient } from '../client.ts';
import { EngineProtocolError, NotFoundError } from '../errors.ts';
import { probeContainer } from './probe-container.ts';
import type { ContainerExit } from './wait-container.ts';

/** How often Podman looks whether the container has ended. Its own default, 250 ms, shows in every launch. */
const lookEvery = '50ms';

/** How long Podman may take to tidy up after a container. */
const tidyingMs = 10_000;

/** `stopped` is the moment between the end of the process and the end of Podman's tidying up. */
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
      await refuseEnded(client, name, call);
      return { exitCode: await waitForCode(client, call) };
    case 'removed': {
      const exitCode = await waitForCode(client, call);
      await waitForRemoval(client, call);
      return { exitCode };
    }
  }
}

/**
 * In the state `stopped` Podman may not have read the exit code yet, and answers 0 (seen with 4.3.1). A 0 is therefore
 * asked for again until the tidying up is done, which also stores the code.
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
    // Removed meanwhile, or a Podman whose tidying up never ends: then the first answer is all there is.
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

/** Podman tells of the state, not of its change: of a container that has ended it would give the last exit. */
async function refuseEnded(client: EngineClient, name: string, call: Call): Promise<void> {
  const { status } = await probeContainer(client, name, { doing: call.doing, signal: call.signal });
  if (ended.includes(status)) {
    client.refuse(
      `can't wait for the next exit of a container that has ended (${name})`,
      'Start it first, then wait.',
    );
  }
}
