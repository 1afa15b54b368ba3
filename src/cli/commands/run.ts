import { once } from 'node:events';
import type { LaunchOptions } from '../../container/index.ts';
import type { NegotiatedHandshake } from '../../goplugin/index.ts';
import { command, type Context } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { text, type FlagValues } from '../flags.ts';
import { plainText } from '../output/plain-text.ts';
import { tableLines } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { directoryFlag } from './directory.ts';
import { isImage, launchFlags, launchOptions, refuseLaunchFlags } from './launch-flags.ts';
import { tellOverrides } from './override-flag.ts';
import { lazyModules } from '../lazy-modules.ts';

const runFlags = {
  ...launchFlags,
  version: text(
    'VERSION',
    'of a registered plugin: this version (default: the pinned one, else the highest)',
  ),
  directory: directoryFlag,
};

export type RunFlags = FlagValues<typeof runFlags>;

export const run = command({
  name: 'run',
  summary: 'start a plugin, print its handshake, stay attached; a registered one is kept running',
  details: [
    'IMAGE is a local image, and -cookie or -type says how to speak to it; the command ends with the plugin: exit code 0 if it ended with 0, else 1.',
    'NAME is a registered plugin, as kv or secret/kv. It is started again whenever it ends; plugin reload, or SIGHUP where it was started without a terminal, replaces it by what is registered by then without a failed call. ps, logs and call find it.',
    'Ctrl-C stops it and removes its container: exit code 0.',
  ],
  examples: ['run localhost/kv:1 -cookie=BASIC_PLUGIN=hello', 'run secret/kv'],
  positionals: [{ name: 'IMAGE|NAME' }],
  flags: runFlags,
  async run({ args: [given], flags }, context) {
    if (isImage(flags)) return runImage(await launchOptions(given, flags), flags, context);
    refuseLaunchFlags(given, flags);
    const { runRegistered } = await import('./run-registered.ts');
    return runRegistered(given, flags, context);
  },
});

async function runImage(
  options: LaunchOptions,
  { engine }: RunFlags,
  { terminal, signal }: Context,
): Promise<ExitCode> {
  const { PluginHost } = await lazyModules.host();
  using _told = tellOverrides(terminal);
  await using host = await PluginHost.open({ socketPath: engine, signal });
  const plugin = await host.start({
    ...options,
    signal,
    onLog: ({ level, message }) => {
      terminal.err(`[${level}] ${plainText(message)}`);
    },
  });
  printHandshake(plugin.handshake, plugin.id, terminal);
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
  const exit = await Promise.race([plugin.exited, aborted]);
  if (exit === undefined) return exitCodes.ok;
  terminal.err(`the plugin ended with exit code ${exit.code ?? 'unknown'}`);
  return exit.code === 0 ? exitCodes.ok : exitCodes.no;
}

export function printHandshake(
  handshake: NegotiatedHandshake,
  container: string | undefined,
  { out }: Terminal,
): void {
  const rows = [
    ['address', `${handshake.network} ${plainText(handshake.address)}`],
    ['container', container?.slice(0, 12) ?? 'unknown'],
    ['core_version', String(handshake.coreVersion)],
    ['mutual_tls', String(handshake.tls)],
    ['protocol_version', String(handshake.protocolVersion)],
  ];
  for (const line of tableLines(['Key', 'Value'], rows)) out(line);
}
