import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/index.ts';
import type { PluginExit } from '../goplugin/index.ts';
import { livenessOf, processIdentity, type Liveness } from '../linux/process-identity.ts';

/** How long an end that is certain may take to be reported, on a machine that is very slow. */
const reportMs = 30_000;
/** The same of one that is not certain, because the process can't be seen from here. */
const possibleMs = 2_000;

export interface OutputEndParts {
  readonly engine: Engine;
  readonly id: string;
  /** Whether the end of the output is an observation that is told, as it is before the handshake. */
  readonly matters: () => boolean;
  /** The end of the container. */
  readonly exit: () => Promise<PluginExit> | undefined;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Passes the output of a program on, and ends it once it is known whether the program has ended too: engines end the
 * output of a program before they report its end, on a slow machine by seconds, and one that has closed its output and
 * goes on running has another fault.
 */
export async function* endedWithProgram(
  output: AsyncIterable<Uint8Array>,
  parts: OutputEndParts,
): AsyncGenerator<Uint8Array> {
  yield* output;
  const exit = parts.exit();
  if (!parts.matters() || exit === undefined || parts.signal.aborted) return;
  const known = new AbortController();
  const ended = exit.then(
    () => {
      known.abort();
    },
    () => undefined,
  );
  const liveness = await livenessOfProgram(parts, known.signal);
  if (liveness === 'alive') return;
  const stopped = AbortSignal.any([known.signal, parts.signal]);
  const limitMs = liveness === 'gone' ? reportMs : possibleMs;
  await Promise.race([
    ended,
    delay(limitMs, undefined, { signal: stopped, ref: false }).catch(() => undefined),
  ]);
}

/** Asks the engine, and looks at the process where it can be seen, which shows an end sooner. */
async function livenessOfProgram(
  { engine, id, signal }: OutputEndParts,
  known: AbortSignal,
): Promise<Liveness> {
  try {
    const { state } = await engine.containers.inspect(id, { signal: AbortSignal.any([signal, known]) });
    if (state.status !== 'running') return 'gone';
    const found = processIdentity(state.pid);
    return found === undefined ? 'unknown' : livenessOf(found);
  } catch {
    return 'unknown';
  }
}
