import { setTimeout as delay } from 'node:timers/promises';
import {
  EngineClosedError,
  EngineProtocolError,
  NotFoundError,
  type Engine,
  type InspectedContainer,
} from '../engine/index.ts';
import type { PluginExit } from '../goplugin/index.ts';
import type { MemoryEvents } from './memory-events.ts';

/** First and longest pause before an engine that went away is asked again: it is probably restarting. */
const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** One tick of ten milliseconds, and two milliseconds for rounding. */
const longestTickMs = 12;

/**
 * Resolves when a started container has ended. The end of a connection is not the end of the container: when the engine
 * goes away, the watch asks again until it answers, because the plugin may well live on.
 *
 * @param signal ends the watch, which rejects with the reason; the container keeps running
 * @param wasAsked whether the program was asked to end. One that then ends with code 0 has nothing to explain, and the
 *   engine is not asked for its record, for which whoever removes the container would wait.
 */
export async function watchExit(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  memory?: MemoryEvents,
  wasAsked: () => boolean = () => false,
): Promise<PluginExit> {
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
    try {
      const { exitCode, error } = await engine.containers.wait(id, { signal });
      if (exitCode === 0 && error === undefined && wasAsked())
        return { code: exitCode, oomKilled: false, endedAt: new Date() };
      return await describeExit(engine, id, exitCode, signal, memory);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NotFoundError)
        return { code: undefined, error: 'the container was removed by somebody else' };
      if (error instanceof EngineClosedError)
        return { code: undefined, error: 'the connection to the engine was closed by this process' };
      await delay(retryMs, undefined, { signal, ref: false });
    }
  }
}

/**
 * Reads the engine's record of the end, which also holds what `wait` does not report: out of memory, the engine's own
 * error.
 */
async function describeExit(
  engine: Engine,
  id: string,
  waitedCode: number,
  signal: AbortSignal,
  memory: MemoryEvents | undefined,
): Promise<PluginExit> {
  let inspection: InspectedContainer;
  try {
    inspection = await engine.containers.inspect(id, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotFoundError) return { code: waitedCode };
    throw error;
  }
  const { state } = inspection;
  if (state.status === 'running') throw new EngineProtocolError('wait answered for a running container');
  return {
    code: state.exitCode,
    ...killing(inspection, memory),
    ...(state.finishedAt && { endedAt: notBeforeTheEnd(engine, state.finishedAt) }),
    ...(state.error === '' ? {} : { error: state.error }),
  };
}

/** The code of what SIGKILL has ended. */
const killed = 128 + 9;

/** Why it was killed. Engines miss an end for want of memory now and then; the kernel's count does not. */
function killing(
  { state, memoryBytes }: InspectedContainer,
  memory: MemoryEvents | undefined,
): Pick<PluginExit, 'oomKilled' | 'killedAtMemoryLimit'> {
  const oomKilled = state.oomKilled || (memory?.killed === true && state.exitCode === killed);
  if (oomKilled || state.exitCode !== killed || memoryBytes === 0) return { oomKilled };
  return { oomKilled, killedAtMemoryLimit: memoryBytes };
}

/**
 * The latest time at which the container can have ended. Podman takes the time of a file that its monitor writes, and
 * the kernel stamps files with the time of its last tick, at most a hundredth of a second ago (CONFIG_HZ): the record
 * may be that much before the end. Docker reads the clock.
 */
function notBeforeTheEnd(engine: Pick<Engine, 'kind'>, recorded: Date): Date {
  return engine.kind === 'podman' ? new Date(recorded.getTime() + longestTickMs) : recorded;
}
