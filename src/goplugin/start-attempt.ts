/**
 * One attempt to start a plugin: a race of runner, handshake and first connection against exit, time limit and abort.
 */
import type { BrokerSide } from './broker/socket-broker.ts';
import type { Connection } from './connection.ts';
import { BrokerError } from './errors.ts';
import { pluginEnvironment } from './handshake/environment.ts';
import { parseHandshakeLine, type HandshakeLine } from './handshake/line.ts';
import { Limit, within } from './limit.ts';
import { PluginOutput } from './output/plugin-output.ts';
import type { NegotiatedHandshake, Plugin } from './plugin.ts';
import type { PluginExit, PluginRunner } from './runner.ts';
import type { RunningPlugin } from './running-plugin.ts';
import { endAttempt, HandshakeAbsent, type Attempt } from './start-failure.ts';
import type { StartSettings } from './start-options.ts';
import { createIdentity, type MutualTls } from './tls/identity.ts';

/** How long stdout may stay open after the exit, when something else holds it. */
const stdoutAfterExitMs = 1_000;

/** @throws what `startPlugin` throws; the options have been checked */
export async function attemptStart(settings: StartSettings): Promise<Plugin> {
  using limit = new Limit(settings.startTimeoutMs, settings.signal);
  const attempt: Attempt = { phase: 'create', settings, limit };
  try {
    return await start(attempt, settings, limit);
  } catch (error) {
    throw await endAttempt(attempt, error);
  }
}

async function start(attempt: Attempt, settings: StartSettings, limit: Limit): Promise<Plugin> {
  const identity = settings.autoMtls ? await createIdentity() : undefined;
  const runner = await createRunner(attempt, settings, limit, identity?.certificatePem);

  attempt.phase = 'start';
  const starting = runner.start({ signal: limit.signal });
  const loading = loadGrpc(); // takes its time while the plugin starts
  await limit.race(starting);
  const output = (attempt.output = new PluginOutput(runner, settings));
  const exited = (attempt.exited = watchExit(runner));

  attempt.phase = 'handshake';
  const line = parseHandshakeLine(await limit.race(firstLine(output, exited)), settings);
  const handshake = negotiated(line, runner);

  attempt.phase = 'connect';
  const tls = identity && line.certificateDer ? { identity, peerDer: line.certificateDer } : undefined;
  const { Connection, RunningPlugin, callError } = await limit.race(loading);
  const started: { plugin?: RunningPlugin } = {};
  const side = hostSide(runner, tls, (failure, method) =>
    started.plugin
      ? started.plugin.explain(failure, method)
      : Promise.resolve(callError(failure, method, { plugin: runner.name })),
  );
  const connection: Connection = (attempt.connection = new Connection(handshake.hostAddress, side, output));
  await limit.race(connected(connection, exited));
  return (started.plugin = new RunningPlugin({ runner, connection, output, handshake, exited }));
}

/** gRPC is loaded with the first plugin, not with this package. */
async function loadGrpc() {
  const [{ Connection }, { RunningPlugin }, { callError }] = await Promise.all([
    import('./connection.ts'),
    import('./running-plugin.ts'),
    import('./grpc/failure.ts'),
  ]);
  return { Connection, RunningPlugin, callError };
}

async function createRunner(
  attempt: Attempt,
  settings: StartSettings,
  limit: Limit,
  certificatePem: string | undefined,
): Promise<PluginRunner> {
  const environment = pluginEnvironment({ ...settings, ...settings.handshake, certificatePem });
  const creating = settings.createRunner(environment, { signal: limit.signal });
  attempt.creating = creating;
  const runner = await limit.race(creating);
  attempt.runner = runner;
  return runner;
}

/** Never rejects: an exit that can't be learned is an exit too. */
function watchExit(runner: PluginRunner): Promise<PluginExit> {
  return runner.wait().catch((error: unknown) => ({
    code: undefined,
    error: error instanceof Error ? error.message : String(error),
  }));
}

/** The end of stdout decides, not the exit: the exit may be known before the last output has arrived. */
async function firstLine(output: PluginOutput, exited: Promise<PluginExit>): Promise<string> {
  const gone = exited.then(() => within(stdoutAfterExitMs, output.firstLine));
  const line = await Promise.race([output.firstLine, gone]);
  if (line === undefined) throw new HandshakeAbsent();
  return line;
}

function negotiated(line: HandshakeLine, runner: PluginRunner): NegotiatedHandshake {
  const { network, address } = line;
  return {
    coreVersion: 1,
    protocolVersion: line.protocolVersion,
    network,
    address,
    hostAddress: runner.pluginToHost({ network, address }),
    tls: line.certificateDer !== undefined,
    multiplexing: false,
  };
}

/** An exit while connecting is told as such, whatever the transport says. */
async function connected(connection: Connection, exited: Promise<PluginExit>): Promise<void> {
  await Promise.race([
    connection.ready(),
    exited.then(() => {
      throw new HandshakeAbsent();
    }),
  ]);
}

function hostSide(
  runner: PluginRunner,
  tls: MutualTls | undefined,
  explain: BrokerSide['explain'],
): BrokerSide {
  return {
    tls,
    explain,
    reach: (address) => runner.pluginToHost(address),
    socketDirectory: () => {
      if (runner.socketDirectory !== undefined) return runner.socketDirectory;
      throw new BrokerError(
        'BROKER_LISTEN_FAILED',
        `${runner.name} shares no directory for sockets with the host`,
      );
    },
    share: async (path) => {
      await runner.shareSocket(path);
      return runner.hostToPlugin({ network: 'unix', address: path });
    },
  };
}
