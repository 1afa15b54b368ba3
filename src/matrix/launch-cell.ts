import type { LiveOutcome } from '../compatibility/index.ts';
import { BulkheadError } from '../errors.ts';
import { executeLaunch, labelsFor, launchPlugin, type LaunchOptions } from '../container/index.ts';
import { PluginCallError, type Plugin } from '../goplugin/index.ts';
import { ChannelRecord } from './channels.ts';
import { matrixLabel } from './leftovers.ts';
import { cellMsOf, errorOf } from './cell-error.ts';
import type { LiveMatrixOptions } from './live.ts';
import type { LiveCell } from './plan-cells.ts';

const defaultChannelMs = 10_000;
/** How much of the time of a cell its plugin has to start, unless its launch says otherwise. */
const startShare = 0.8;

/**
 * Launches, exercises and stops the plugin of one cell, unless the cell is left out. Only the caller's abort is thrown.
 */
export async function launchCell(
  { engine, asPlanned, launch, plan }: LiveCell,
  options: LiveMatrixOptions,
  { matrixId, signal }: { matrixId: string; signal: AbortSignal },
): Promise<LiveOutcome | undefined> {
  if (engine === undefined) return undefined;
  const timeoutMs = cellMsOf(options);
  const limit = AbortSignal.timeout(timeoutMs);
  const begin = performance.now();
  const milliseconds = () => Math.round(performance.now() - begin);
  const record = new ChannelRecord(options.channelTimeoutMs ?? defaultChannelMs);
  let launched = false;
  try {
    const both = AbortSignal.any([signal, limit]);
    const settled: LaunchOptions = {
      ...launch,
      labels: (name) => ({ ...labelsFor(launch.labels, name), [matrixLabel]: matrixId }),
      // Its own limit comes first, because it tells what the plugin was waiting for.
      startTimeoutMs: launch.startTimeoutMs ?? Math.ceil(timeoutMs * startShare),
      signal: both,
      onLog: (entry) => {
        record.onLog(entry);
        launch.onLog?.(entry);
      },
      onOutput: (chunk) => {
        record.onOutput(chunk);
        launch.onOutput?.(chunk);
      },
    };
    if (asPlanned && plan.refusal !== undefined) throw plan.refusal; // there is no image, or no folder for sockets
    const plugin = await (asPlanned ? executeLaunch(engine, plan, settled) : launchPlugin(engine, settled));
    launched = true;
    try {
      await options.exercise?.(plugin, record.contextOf(both));
      await askForHealth(plugin, record, both, options);
      await shutDown(plugin, record, both, options);
    } finally {
      await plugin[Symbol.asyncDispose]();
    }
    return { ok: true, milliseconds: milliseconds(), channels: record.states };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ok: false,
      milliseconds: milliseconds(),
      ...(launched && { channels: record.states }),
      error: errorOf(error, limit.aborted ? timeoutMs : undefined),
    };
  }
}

/** A plugin that was exercised need not have the service for it; one that was not has nothing else that shows its life. */
async function askForHealth(
  plugin: Plugin,
  record: ChannelRecord,
  signal: AbortSignal,
  { exercise, channelTimeoutMs: timeoutMs = defaultChannelMs }: LiveMatrixOptions,
): Promise<void> {
  try {
    await record.use('health', signal, (options) => plugin.health({ ...options, timeoutMs }));
  } catch (error) {
    const isAbsent = error instanceof PluginCallError && error.status === 'UNIMPLEMENTED';
    if (!isAbsent || exercise === undefined) throw error;
    record.set('health', 'silent');
  }
}

async function shutDown(
  plugin: Plugin,
  record: ChannelRecord,
  signal: AbortSignal,
  { channelTimeoutMs: graceMs = defaultChannelMs }: LiveMatrixOptions,
): Promise<void> {
  await record.use('shutdown', signal, async () => {
    const exit = await plugin.stop({ signal, graceMs });
    if (exit.code !== 0) throw unclean(exit.code);
  });
}

function unclean(code: number | undefined): BulkheadError {
  return new BulkheadError(
    'PLUGIN_EXITED',
    `the plugin was asked to end and exited with code ${code ?? 'unknown'}`,
  );
}
