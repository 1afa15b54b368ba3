/** Makes one attempt to connect to a plugin that runs already. */
import type { BrokerSide } from '../broker/socket-broker.ts';
import { Connection } from '../connection.ts';
import { PluginStartError } from '../errors.ts';
import { callError } from '../grpc/failure.ts';
import { hostSide } from '../host-side.ts';
import { Limit } from '../limit.ts';
import { checkMaxMessageBytes } from '../limits.ts';
import { PluginOutput } from '../output/plugin-output.ts';
import type { NegotiatedHandshake, Plugin } from '../plugin.ts';
import { RunningPlugin } from '../running-plugin.ts';
import type { PluginRunner } from '../runner.ts';
import { defaultStartTimeoutMs } from '../start-options.ts';
import { socketTransport } from '../transport.ts';
import { attachProcess } from './attached-process.ts';
import type { ReattachConfig } from './config.ts';
import type { ReattachOptions } from './options.ts';

/** @throws what `reattachPlugin` throws; the options have been checked */
export async function attach(options: ReattachOptions): Promise<Plugin> {
  const { reattach, startTimeoutMs = defaultStartTimeoutMs, signal } = options;
  const runner = options.runner ?? (await attachProcess(reattach.pid ?? 0));
  using limit = new Limit(startTimeoutMs, signal);
  let connection: Connection | undefined;
  try {
    const output = new PluginOutput(runner, options);
    const started: { plugin?: RunningPlugin } = {};
    const explain: BrokerSide['explain'] = (failure, method) =>
      started.plugin
        ? started.plugin.explain(failure, method)
        : Promise.resolve(callError(failure, method, { plugin: runner.name }));
    const side = hostSide(runner, undefined, explain, checkMaxMessageBytes(options.maxMessageBytes));
    connection = new Connection(socketTransport(reattach.address, side), output);
    await limit.race(connection.ready());
    const handshake = asIfNegotiated(reattach);
    const exited = runner.wait();
    // The caller who gave a runner also ends it.
    const release = async (): Promise<void> => {
      if (!options.runner) await runner[Symbol.asyncDispose]();
    };
    const detach = reattach.test ? release : undefined;
    return (started.plugin = new RunningPlugin({
      runner,
      connection,
      output,
      handshake,
      exited,
      detach,
    }));
  } catch (cause) {
    await connection?.close('the plugin could not be reached');
    if (!options.runner) await runner[Symbol.asyncDispose]();
    if (limit.aborted) throw limit.signal.reason;
    throw unreachable(runner, reattach, limit.expired ? undefined : cause, startTimeoutMs);
  }
}

function asIfNegotiated({ protocolVersion, address }: ReattachConfig): NegotiatedHandshake {
  return {
    coreVersion: 1,
    protocolVersion,
    ...address,
    hostAddress: address,
    tls: false,
    multiplexing: false,
  };
}

function unreachable(
  runner: PluginRunner,
  { address }: ReattachConfig,
  cause: unknown,
  limitMs: number,
): PluginStartError {
  const why = cause instanceof Error ? cause.message : `no connection within ${limitMs} ms`;
  return new PluginStartError(
    'PLUGIN_CONNECT_FAILED',
    `${runner.name} can't be reached at ${address.network} ${address.address}: ${why}`,
    {
      phase: 'connect',
      plugin: runner.name,
      cause,
      hint: "A plugin that was started with AutoMTLS or with multiplexing can't be reattached.",
    },
  );
}
