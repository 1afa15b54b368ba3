/**
 * One attempt to start a plugin: a race of runner, handshake and first connection against exit, time limit and abort.
 */
import type { BrokerSide } from './broker/socket-broker.ts';
import type { Connection } from './connection.ts';
import { pluginEnvironment } from './handshake/environment.ts';
import { parseHandshakeLine, type HandshakeLine } from './handshake/line.ts';
import { hostSide } from './host-side.ts';
import { Limit, within } from './limit.ts';
import { PluginOutput } from './output/plugin-output.ts';
import type { NegotiatedHandshake, Plugin } from './plugin.ts';
import type { PluginExit, PluginRunner } from './runner.ts';
import type { RunningPlugin } from './running-plugin.ts';
import { endAttempt, HandshakeAbsent, type Attempt } from './start-failure.ts';
import type { StartSettings } from './start-options.ts';
import type { Identity } from './tls/identity.ts';
import { prepareIdentity, takeIdentity } from './tls/prepared-identity.ts';
import { messageOf } from '../thrown-value.ts';

/** How long stdout may stay open after the exit, when another process holds it. */
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
  const identity = settings.autoMtls ? await takeIdentity() : undefined;
  const runner = await createRunner(attempt, settings, limit, identity?.certificatePem);

  attempt.phase = 'start';
  const starting = runner.start({ signal: limit.signal });
  const loading = loadGrpc(identity); // loads while the plugin starts
  if (settings.autoMtls) prepareIdentity();
  await limit.race(starting);
  const verified = runner.verify?.({ signal: limit.signal });
  verified?.catch(() => undefined); // awaited below
  const output = (attempt.output = new PluginOutput(runner, settings));
  const exited = (attempt.exited = watchExit(runner));

  attempt.phase = 'handshake';
  const { protocolVersions, autoMtls, brokerMultiplex } = settings;
  const printed = await limit.race(inOrder(verified, firstLine(output, exited)));
  const line = parseHandshakeLine(printed, { protocolVersions, autoMtls, brokerMultiplex });
  const handshake = negotiated(line, settings, runner);

  attempt.phase = 'connect';
  const tls = identity && line.certificateDer ? { identity, peerDer: line.certificateDer } : undefined;
  const { Connection, RunningPlugin, callError, socketTransport, multiplexedTransport } =
    await limit.race(loading);
  const started: { plugin?: RunningPlugin } = {};
  const explain: BrokerSide['explain'] = (failure, method) =>
    started.plugin
      ? started.plugin.explain(failure, method)
      : Promise.resolve(callError(failure, method, { plugin: runner.name }));
  const side = hostSide(runner, tls, explain, settings.maxMessageBytes);
  const { hostAddress, multiplexing } = handshake;
  const transport = multiplexing
    ? await limit.race(untilExit(exited, multiplexedTransport(hostAddress, side, limit.signal)))
    : socketTransport(hostAddress, side);
  const connection: Connection = (attempt.connection = new Connection(transport, output));
  await limit.race(untilExit(exited, connection.ready()));
  return (started.plugin = new RunningPlugin({ runner, connection, output, handshake, exited }));
}

/** Loads gRPC with the first plugin, and not with this package. */
async function loadGrpc(identity: Identity | undefined) {
  const [{ prepareContext }, { Connection }, { RunningPlugin }, { callError }, transports] =
    await Promise.all([
      import('./grpc/connection/credentials.ts'),
      import('./connection.ts'),
      import('./running-plugin.ts'),
      import('./grpc/failure.ts'),
      import('./transport.ts'),
    ]);
  if (identity) prepareContext(identity);
  return { Connection, RunningPlugin, callError, ...transports };
}

async function createRunner(
  attempt: Attempt,
  settings: StartSettings,
  limit: Limit,
  certificatePem: string | undefined,
): Promise<PluginRunner> {
  const environment = pluginEnvironment({
    ...settings,
    ...settings.handshake,
    certificatePem,
    multiplexing: settings.brokerMultiplex,
  });
  const creating = settings.createRunner(environment, { signal: limit.signal });
  attempt.creating = creating;
  const runner = await limit.race(creating);
  attempt.runner = runner;
  return runner;
}

/** Waits for both. What the check says takes precedence over the failure of what goes on beside it. */
async function inOrder<T>(check: Promise<void> | undefined, beside: Promise<T>): Promise<T> {
  const checked = beside.catch(async (error: unknown) => {
    await check;
    throw error;
  });
  const [result] = await Promise.all([checked, check]);
  return result;
}

/** Waits for the exit. Never rejects: an exit that can't be learned counts as an exit too. */
function watchExit(runner: PluginRunner): Promise<PluginExit> {
  return runner.wait().catch((error: unknown) => ({
    code: undefined,
    error: messageOf(error),
  }));
}

/**
 * Waits for the first line. The end of stdout decides, and not the exit, which may be known before the last output has
 * arrived.
 */
async function firstLine(output: PluginOutput, exited: Promise<PluginExit>): Promise<string> {
  const gone = exited.then(() => within(stdoutAfterExitMs, output.firstLine));
  const line = await Promise.race([output.firstLine, gone]);
  if (line === undefined) throw new HandshakeAbsent('no line', { cause: output.stdoutFailure });
  return line;
}

function negotiated(
  line: HandshakeLine,
  { brokerMultiplex }: StartSettings,
  runner: PluginRunner,
): NegotiatedHandshake {
  const { network, address } = line;
  return {
    coreVersion: 1,
    protocolVersion: line.protocolVersion,
    network,
    address,
    hostAddress: runner.pluginToHost({ network, address }),
    tls: line.certificateDer !== undefined,
    // The line says what the plugin supports; the plugin does what it was asked to do.
    multiplexing: brokerMultiplex && line.multiplexing === true,
  };
}

/** Waits for the promise. An exit while connecting is reported as an exit, whatever the transport reports. */
async function untilExit<T>(exited: Promise<PluginExit>, connecting: Promise<T>): Promise<T> {
  const gone = exited.then(() => {
    throw new HandshakeAbsent();
  });
  return await Promise.race([connecting, gone]);
}
