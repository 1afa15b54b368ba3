import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { PluginHost, type HostEvents, type InstanceState, type Mount } from '../../host/index.ts';
import type { Context } from '../command.ts';
import { describeError, noteRegistered } from '../describe-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { plainJson, plainText } from '../output/plain-text.ts';
import type { Terminal } from '../output/terminal.ts';
import { directoryOf } from './directory.ts';
import { controlLogger, keepAlive, tellStates } from './host-reports.ts';
import { registeredOverride } from './launch-flags.ts';
import { tellOverrides } from './override-flag.ts';
import { registeredPlugin } from './registered.ts';
import { printHandshake, type RunFlags } from './run.ts';

/** Keeps a registered plugin running until it is given up, or the command is ended. */
export async function runRegistered(given: string, flags: RunFlags, context: Context): Promise<ExitCode> {
  const { terminal, signal } = context;
  const directory = directoryOf(flags.directory, context);
  const { type, name } = await registeredPlugin(directory, given);
  using _overrides = tellOverrides(terminal);
  await using host = await PluginHost.open({
    ...directory,
    socketPath: flags.engine,
    socketDirectory: flags.socket_directory,
    override: registeredOverride(flags.override),
    control: true,
    logger: controlLogger(terminal),
    signal,
  });
  const mount = await host.mount(type, name, { version: flags.version, signal }).catch((error: unknown) => {
    throw noteRegistered(error);
  });
  using _alive = keepAlive();
  await using _told = tellStates(host, terminal);
  using _logs = followLogs(host, mount, terminal, flags);
  using _reload = reloadOnHangup(host, mount, context);
  printState(mount.instance.state, terminal, flags);
  const failed = new Promise<'failed'>((resolve) => {
    const look = (message: unknown): void => {
      const { host: id, instance } = message as HostEvents['bulkhead:instance'];
      if (id === host.id && instance.id === mount.instance.id && instance.state.name === 'failed')
        resolve('failed');
    };
    subscribe('bulkhead:instance', look);
    signal.addEventListener('abort', () => unsubscribe('bulkhead:instance', look), { once: true });
  });
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
  const end = await Promise.race([failed, aborted]);
  return end === 'failed' ? exitCodes.no : exitCodes.ok;
}

function printState(state: InstanceState, terminal: Terminal, flags: RunFlags): void {
  if (state.name === 'ready') printHandshake(state.handshake, state.containerId, terminal, flags);
}

/** Prints the plugin's log, also after a reload has moved the mount to another instance. */
function followLogs(
  host: PluginHost,
  mount: Mount,
  terminal: Terminal,
  { format }: Pick<RunFlags, 'format'>,
): Disposable {
  let stop: () => void = () => undefined;
  const follow = (): void => {
    stop();
    stop = host.followLogs(mount.instance.id, (line) => {
      terminal.err(
        format === 'json' ? plainJson(line) : `[${line.level}] ${plainText(line.text).replaceAll('\n', ' ')}`,
      );
    });
  };
  const moved = (message: unknown): void => {
    const { host: id, what } = message as HostEvents['bulkhead:mount'];
    if (id === host.id && what === 'moved') follow();
  };
  subscribe('bulkhead:mount', moved);
  follow();
  return {
    [Symbol.dispose]() {
      unsubscribe('bulkhead:mount', moved);
      stop();
    },
  };
}

function reloadOnHangup(
  host: PluginHost,
  { plugin }: Mount,
  { terminal, signal, onHangup }: Context,
): Disposable {
  const reload = (): void => {
    host.reload(plugin.type, plugin.name, { signal }).then(
      () => {
        terminal.err(plainText(`${plugin.type} ${plugin.name} was reloaded`));
      },
      (error: unknown) => {
        if (signal.aborted) return;
        for (const line of describeError(noteRegistered(error), terminal.paintErr)) terminal.err(line);
      },
    );
  };
  return onHangup(reload);
}
