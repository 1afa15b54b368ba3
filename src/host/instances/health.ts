/** Asks a plugin for its health at intervals, and gives up one that does not answer. */
import { PluginCallError } from '../../goplugin/index.ts';
import type { Generation } from './generation.ts';

export interface HealthOptions {
  /** Time between checks in milliseconds. Default: 15000. */
  readonly intervalMs?: number | undefined;
  /** Time limit of one check. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** How many checks must fail in a row before the plugin is given up. Default: 2. */
  readonly failures?: number | undefined;
}

/** Checks the plugin until the watch is disposed of or the generation ends. With `false` it checks nothing. */
export function watchHealth(generation: Generation, options: HealthOptions | false = {}): Disposable {
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    ended.abort();
  };
  if (options === false) return { [Symbol.dispose]: stop };
  const { intervalMs = 15_000, timeoutMs = 5_000, failures = 2 } = options;
  let failed = 0;
  const check = async (): Promise<void> => {
    const problem = await problemOf(generation, timeoutMs, ended.signal);
    if (ended.signal.aborted || !generation.usable) return;
    failed = problem === undefined ? 0 : failed + 1;
    if (problem !== undefined && failed >= failures)
      generation.giveUp(`it failed ${failed} health checks: ${problem}`);
    else next();
  };
  const next = (): void => {
    timer = setTimeout(() => void check(), intervalMs).unref();
  };
  next();
  return { [Symbol.dispose]: stop };
}

async function problemOf(
  { plugin }: Generation,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await plugin.health({ timeoutMs, signal });
    return undefined;
  } catch (error) {
    // Any answer to the call shows that the plugin lives, but not one that says that it does not serve.
    if (error instanceof PluginCallError && error.code !== 'PLUGIN_CALL_TIMEOUT') return undefined;
    return (error as Error).message;
  }
}
