import type { PluginRegistration } from '../../../catalog/index.ts';
import type { RegisteredPlugin } from '../../../host/index.ts';
import { command, type Context } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { given, requiredText, text, texts, toggle } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag, directoryOf, openCatalogs, type CatalogDirectory } from '../directory.ts';
import { engineFlag } from '../engine-flag.ts';
import { unknownOverrideFlag } from '../override-flag.ts';
import { settingFlags, settingsOf } from '../setting-flags.ts';
import { socketDirectoryFlag } from '../socket-directory-flag.ts';
import { probed } from './probed.ts';
import { pluginTypes } from './types.ts';

export const register = command({
  name: 'register',
  summary: 'register a plugin image under a type and a name, after trying whether it runs here',
  details: [
    "The plugin is started once exactly as it will run, and asked for its type and version. What can't run here is refused with every reason, and nothing is registered. TYPE is a kind: one that is built in, or one of plugin kind register; plugin kind list shows them. It may be unknown, and is then found out among Vault's kinds and those that are registered.",
    'Flags of the container are kept with the plugin and come before those of its plugin runtime, whose -rootless and -require_non_root stay.',
  ],
  examples: [
    'plugin register -oci_image=localhost/kv -version=0.24.0 -runtime=gvisor secret kv',
    'plugin register -oci_image=localhost/kv:0.24.0 -sha256=DIGEST -env=LOG=debug secret kv',
  ],
  positionals: [
    { name: 'TYPE', complete: { ...pluginTypes, words: [...pluginTypes.words, 'unknown'] } },
    { name: 'NAME' },
  ],
  flags: {
    oci_image: requiredText('IMAGE', 'local image; without a tag the version is the tag'),
    version: text('VERSION', 'semantic version (default: the unversioned entry of the name)'),
    sha256: text('DIGEST', "the image's digest: of its configuration, manifest or index"),
    runtime: text('NAME', "registered plugin runtime (default: the host's settings, gVisor)"),
    command: text('PROGRAM', "in place of the image's entrypoint"),
    args: texts('ARG', "in place of the image's arguments; kept, and shown by plugin info -show_args only"),
    env: texts('NAME=VALUE', 'variable for the plugin; kept, and never shown'),
    memory_lock: given(toggle('the plugin may lock its memory', { alias: 'mlock' }), (there) => there),
    no_mtls: given(toggle('without mutual TLS'), (there) => !there),
    broker_multiplex: given(
      toggle('brokered connections travel in the main one (go-plugin 1.6)'),
      (there) => there,
    ),
    ...settingFlags,
    override: unknownOverrideFlag,
    skip_probe: toggle('register without asking an engine and without starting the plugin'),
    engine: engineFlag,
    socket_directory: socketDirectoryFlag,
    directory: directoryFlag,
  },
  async run({ args: [type, name], flags }, context) {
    const { terminal } = context;
    const registration: PluginRegistration = {
      type,
      name,
      version: flags.version,
      ociImage: flags.oci_image,
      sha256: flags.sha256,
      command: flags.command,
      ...(flags.args.length > 0 && { args: flags.args }),
      ...(flags.env.length > 0 && { env: flags.env }),
      runtime: flags.runtime,
      mlock: flags.memory_lock,
      autoMtls: flags.no_mtls,
      brokerMultiplex: flags.broker_multiplex,
      ...settingsOf(flags),
      override: flags.override,
    };
    const directory = directoryOf(flags.directory, context);
    const { plugin, probe } = flags.skip_probe
      ? await withoutProbe(directory, registration, context)
      : await probed(directory, registration, flags, context);
    terminal.out(`Success! Registered plugin: ${plainText(plugin.name)}`);
    if (probe?.matched !== undefined) terminal.err(`The digest is that of the image's ${probe.matched}.`);
    if (type === 'unknown') terminal.err(`It is of type ${plugin.type}.`);
    return exitCodes.ok;
  },
});

/** Registers a plugin without an engine and without a host. */
async function withoutProbe(
  directory: CatalogDirectory,
  registration: PluginRegistration,
  { signal }: Context,
): Promise<RegisteredPlugin> {
  const [{ Kinds, PluginRegistry }, { vaultKinds }] = await Promise.all([
    import('../../../host/internal.ts'),
    import('../../../kinds/vault/kinds.ts'),
  ]);
  const { plugins, kinds } = await openCatalogs(directory);
  const never = () => Promise.reject(new Error('nothing is started without a probe'));
  const registry = new PluginRegistry(plugins, {
    kinds: new Kinds(vaultKinds, kinds),
    resolve: never,
    start: never,
  });
  return registry.register(registration, { skipProbe: true, signal });
}
