import { command, type Command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text, texts } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { mountsFlags, withMounts } from '../../vault/with-mounts.ts';
import { pair } from '../launch-flags.ts';
import { mountedPath, whatIs, type MountType } from './mounted-path.ts';

/** `secret enable` and `auth enable`. */
export function enableCommand(type: MountType): Command {
  const what = whatIs(type);
  return command({
    name: 'enable',
    summary: `mount a registered ${what}, and keep the mount in the directory`,
    details: [
      `TYPE is the name under which the plugin is registered. It is started and set up at once; if it does not accept that, nothing is mounted.`,
      'What the plugin stores is encrypted, in vault/storage of the directory. The first mount makes a key for it in vault/key, which only its owner can read, or in the file of -key_file. Whoever has both can read everything; whoever has lost the key, nothing.',
    ],
    examples:
      type === 'secret'
        ? ['secret enable kv', 'secret enable -path=secret -options=version=2 kv']
        : ['auth enable jwt', 'auth enable -path=staff jwt'],
    positionals: [{ name: 'TYPE', complete: { words: [], ask: `plugin list -field=name ${type}` } }],
    flags: {
      path: text('PATH', 'where it is mounted (default: TYPE)'),
      options: texts('KEY=VALUE', 'option of the mount, which the plugin is set up with'),
      plugin_name: text('NAME', 'name of the registered plugin, if it is not TYPE'),
      plugin_version: text('VERSION', 'version of the plugin (default: the pinned one, else the newest)'),
      version: text('VERSION', 'the same; a whole number is the option version of the mount, as in Vault'),
      description: text('TEXT', 'in words, for people'),
      ...mountsFlags,
    },
    async run({ args: [name], flags }, context) {
      const { version: either } = flags;
      const isOption = either !== undefined && /^\d+$/.test(either);
      const config = Object.fromEntries(flags.options.map((each) => pair('-options', each)));
      const path = mountedPath(type, flags.path ?? (name === 'plugin' ? (flags.plugin_name ?? name) : name));
      const wanted = {
        path,
        type,
        name: flags.plugin_name ?? name,
        version: flags.plugin_version ?? (isOption ? '' : (either ?? '')),
        config: { ...(isOption && { version: either }), ...config },
        description: flags.description ?? '',
      };
      const { signal, terminal } = context;
      await withMounts(flags, context, { make: true }, (mounts) => mounts.enable(wanted, { signal }));
      const shownPath = type === 'auth' ? path.slice('auth/'.length) : path;
      terminal.out(plainText(`Success! Enabled the ${name} ${what} at: ${shownPath}`));
      return exitCodes.ok;
    },
  });
}
