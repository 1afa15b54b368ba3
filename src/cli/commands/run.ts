import { once } from 'node:events';
import type { LaunchOptions } from '../../container/index.ts';
import type { NegotiatedHandshake } from '../../goplugin/index.ts';
import { command, type Context } from '../command.ts';
import { noteShown } from '../describe-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { text, type FlagValues } from '../flags.ts';
import { checkField, fieldFlag, formatFlag, printData, type Format } from '../output/document.ts';
import { withFlags } from '../option-flags.ts';
import { plainText } from '../output/plain-text.ts';
import { showOutput } from '../output/plugin-output.ts';
import { tableLines } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { directoryFlag, directoryOf } from './directory.ts';
import { isImage, launchFlags, launchOptions, refuseLaunchFlags } from './launch-flags.ts';
import { tellOverrides } from './override-flag.ts';
import { lazyModules } from '../lazy-modules.ts';

const runFlags = {
  ...launchFlags,
  version: text(
    'VERSION',
    'of a registered plugin: this version (default: the pinned one, else the highest)',
  ),
  field: fieldFlag,
  format: formatFlag,
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
    'What the plugin writes is shown on standard error: its log with the level and fields of each line, and its prints. With -format=json each line is an object: { at, stream, level, text, fields }.',
  ],
  examples: ['run localhost/kv:1 -cookie=BASIC_PLUGIN=hello', 'run secret/kv'],
  positionals: [{ name: 'IMAGE|NAME' }],
  flags: runFlags,
  async run({ args: [given], flags }, context) {
    checkField(flags.field, handshakeFields);
    if (isImage(flags)) {
      const directory = directoryOf(flags.directory, context);
      return runImage(await launchOptions(given, flags, directory), flags, context);
    }
    refuseLaunchFlags(given, flags);
    const { runRegistered } = await import('./run-registered.ts');
    return runRegistered(given, flags, context);
  },
});

async function runImage(
  options: LaunchOptions,
  flags: RunFlags,
  { terminal, signal }: Context,
): Promise<ExitCode> {
  const { PluginHost } = await lazyModules.host();
  using _told = tellOverrides(terminal);
  await using host = await PluginHost.open({ socketPath: flags.engine, signal });
  const output = showOutput(terminal, flags.format);
  const { onLog, onOutput } = output;
  const plugin = await host.start({ ...options, signal, onLog, onOutput }).catch((error: unknown) => {
    output.end();
    throw noteShown(error);
  });
  printHandshake(plugin.handshake, plugin.id, terminal, flags);
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);
  const exit = await Promise.race([plugin.exited, aborted]);
  output.end();
  if (exit === undefined) return exitCodes.ok;
  const why = exit.oomKilled === true ? ': it used more memory than its limit' : '';
  terminal.err(`the plugin ended with exit code ${exit.code ?? 'unknown'}${why}`);
  const hint = (await lazyModules.calls()).hintOfMemory(exit);
  if (hint !== undefined) terminal.err(`Hint: ${withFlags(hint, launchFlags)}`);
  return exit.code === 0 ? exitCodes.ok : exitCodes.no;
}

/** The fields of a handshake that is printed. */
const handshakeFields = [
  'address',
  'container',
  'core_version',
  'mutual_tls',
  'network',
  'protocol_version',
] as const;

export function printHandshake(
  handshake: NegotiatedHandshake,
  container: string | undefined,
  terminal: Terminal,
  { format, field }: { readonly format: Format; readonly field: string | undefined },
): void {
  const data: Record<(typeof handshakeFields)[number], unknown> = {
    address: handshake.address,
    container: container ?? '',
    core_version: handshake.coreVersion,
    mutual_tls: handshake.tls,
    network: handshake.network,
    protocol_version: handshake.protocolVersion,
  };
  const rows = [
    ['address', `${handshake.network} ${plainText(handshake.address)}`],
    ['container', container?.slice(0, 12) ?? 'unknown'],
    ['core_version', String(handshake.coreVersion)],
    ['mutual_tls', String(handshake.tls)],
    ['protocol_version', String(handshake.protocolVersion)],
  ];
  printData(terminal, format, data, () => tableLines(['Key', 'Value'], rows), { field });
}
