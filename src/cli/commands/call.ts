import { command, type Context } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { noteRegistered, noteShown } from '../describe-error.ts';
import { optionalChoice, text, whole, type FlagValues } from '../flags.ts';
import { fieldFlag, printData } from '../output/document.ts';
import { plainJson, plainText } from '../output/plain-text.ts';
import { showOutput } from '../output/plugin-output.ts';
import type { WantedCall } from '../../goplugin/internal.ts';
import { directoryFlag, directoryOf, type CatalogDirectory } from './directory.ts';
import {
  isImage,
  launchFlags,
  launchOptions,
  refuseLaunchFlags,
  registeredOverride,
} from './launch-flags.ts';
import { tellOverrides } from './override-flag.ts';
import { findRegistered, pluginNamed, registeredPlugin, type PluginName } from './registered.ts';
import { lazyModules } from '../lazy-modules.ts';

const callFlags = {
  ...launchFlags,
  version: text('VERSION', 'of a registered plugin: this version'),
  directory: directoryFlag,
  timeout: whole('SECONDS', 'how long the call may take; default without end'),
  field: fieldFlag,
  format: optionalChoice(
    ['json', 'yaml'],
    'how to print the reply; default json. If it is given as json, what the plugin writes is shown as JSON too',
  ),
};

type CallFlags = FlagValues<typeof callFlags>;

export const call = command({
  name: 'call',
  summary: 'make one call of a plugin and print the reply as JSON; start the plugin for it unless it runs',
  details: [
    'NAME is a registered plugin, as kv or secret/kv: where bulkhead run or another host on the directory keeps it running, that one is called. IMAGE is a local image, and -cookie or -type says how to speak to it.',
    'What the service looks like is asked of the plugin itself, so no .proto file is needed. SERVICE is its full name, such as proto.KV, or the end of it, such as KV. JSON is the request; for a stream of requests, an array of them. Fields have the names of the .proto file, bytes are base64, and 64-bit integers are strings.',
    'A single reply is printed indented; of a stream of replies, each on a line of its own.',
    'What the plugin of an IMAGE writes is shown on standard error: its log with the level and fields of each line, and its prints.',
  ],
  examples: [
    `call localhost/kv:1 KV/Get '{"key":"colour"}' -cookie=BASIC_PLUGIN=hello`,
    `call secret/kv pb.Backend/SpecialPaths`,
  ],
  positionals: [{ name: 'IMAGE|NAME' }, { name: 'SERVICE/METHOD' }, { name: 'JSON', optional: true }],
  flags: callFlags,
  async run({ args: [given, path, json = '{}'], flags }, context) {
    const { wantedCall } = await lazyModules.calls();
    const wanted = wantedCall(path, json);
    if (isImage(flags)) return callImage(given, wanted, flags, context);
    refuseLaunchFlags(given, flags);
    const directory = directoryOf(flags.directory, context);
    // A host may run what is in no catalog.
    const plugin =
      (await findRegistered(directory, given)) ??
      (await mountedPlugin(directory, given, context)) ??
      (await registeredPlugin(directory, given));
    try {
      if (await calledRunning(directory, plugin, { path, json }, flags, context)) return exitCodes.ok;
      return await callRegistered(directory, plugin, wanted, flags, context);
    } catch (error) {
      throw noteRegistered(error);
    }
  },
});

function printReply({ terminal, did }: Context, { field, format }: CallFlags) {
  return (reply: unknown, streamed: boolean): void => {
    did('the call was made');
    if (field !== undefined) printData(terminal, format ?? 'table', reply, () => [], { field });
    else if (format === 'yaml') printData(terminal, format, streamed ? [reply] : reply, () => []);
    else terminal.out(streamed ? plainJson(reply) : plainJson(reply, 2));
  };
}

function timeoutOf({ timeout }: CallFlags): number | undefined {
  return timeout === undefined ? undefined : timeout * 1_000;
}

async function callImage(
  image: string,
  wanted: WantedCall,
  flags: CallFlags,
  context: Context,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const options = await launchOptions(image, flags, directoryOf(flags.directory, context));
  const [{ PluginHost }, { callByName }] = await Promise.all([lazyModules.host(), lazyModules.calls()]);
  using _told = tellOverrides(terminal);
  await using host = await PluginHost.open({ socketPath: flags.engine, signal });
  const output = showOutput(terminal, flags.format);
  const { onLog, onOutput } = output;
  try {
    await using plugin = await host.start({ ...options, signal, onLog, onOutput });
    const call = { signal, timeoutMs: timeoutOf(flags) };
    await callByName(plugin, wanted, call, printReply(context, flags));
    return exitCodes.ok;
  } catch (error) {
    throw noteShown(error);
  } finally {
    output.end();
  }
}

/** Finds a plugin by its name among those that running hosts have mounted. @throws UsageError when it is ambiguous */
async function mountedPlugin(
  directory: CatalogDirectory,
  given: string,
  { signal }: Context,
): Promise<PluginName | undefined> {
  const { findHosts } = await lazyModules.control();
  const { running } = await findHosts(directory, { signal });
  return pluginNamed(
    running.flatMap(({ state }) => state.mounts),
    given,
  );
}

/** Makes the call through a host that already runs the plugin. Returns whether there was one. */
async function calledRunning(
  directory: CatalogDirectory,
  { type, name }: PluginName,
  { path, json }: { readonly path: string; readonly json: string },
  flags: CallFlags,
  context: Context,
): Promise<boolean> {
  const { signal } = context;
  const print = printReply(context, flags);
  const { version } = flags;
  const timeoutMs = timeoutOf(flags);
  const request = { op: 'call', type, name, version, path, json, timeoutMs, done: true } as const;
  const { findHosts, silentHostText } = await lazyModules.control();
  const { running, silent } = await findHosts(directory, { signal });
  for (const each of silent) context.terminal.err(plainText(silentHostText(each)));
  const serving = running.filter(({ state: { mounts } }) =>
    mounts.some(
      (mount) =>
        mount.type === type && mount.name === name && (version === undefined || mount.version === version),
    ),
  );
  for (const host of serving) {
    let absent = false;
    for await (const answer of host.ask(request, { signal })) {
      if ('absent' in answer) absent = true;
      else if ('reply' in answer) print(answer.reply, answer.streamed);
    }
    if (!absent) return true;
  }
  return false;
}

async function callRegistered(
  directory: CatalogDirectory,
  { type, name }: PluginName,
  wanted: WantedCall,
  flags: CallFlags,
  context: Context,
): Promise<ExitCode> {
  const { signal } = context;
  const [{ PluginHost }, { callByName }] = await Promise.all([lazyModules.host(), lazyModules.calls()]);
  const { engine: socketPath, socket_directory: socketDirectory, version } = flags;
  const override = registeredOverride(flags.override);
  using _told = tellOverrides(context.terminal);
  await using host = await PluginHost.open({
    ...directory,
    socketPath,
    socketDirectory,
    override,
    control: false,
    signal,
  });
  const { reflection, client } = await host.mount(type, name, { version, signal });
  const call = { signal, timeoutMs: timeoutOf(flags) };
  await callByName({ reflection, client }, wanted, call, printReply(context, flags));
  return exitCodes.ok;
}
