import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { choice, requiredText, texts, toWhole } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { pair } from '../launch-flags.ts';

export const register = command({
  name: 'register',
  summary: 'register a kind of plugins of your own, or change it; what runs continues as it was started',
  details: [
    'Plugins are then registered with the name of the kind as their type, and every command and host that uses the directory knows it: register, run, call, check, matrix, reload, logs, ps. Kinds that are built in keep their names; plugin kind list shows them.',
    'The cookie is what go-plugin calls MagicCookieKey and MagicCookieValue in the handshake of the plugin. It is no secret.',
  ],
  examples: [
    'plugin kind register greeter -cookie=GREETER_PLUGIN=hello -protocol=1 -sharing=always -probe=grpc-health',
  ],
  positionals: [{ name: 'NAME' }],
  flags: {
    cookie: requiredText('KEY=VALUE', 'the magic cookie of the plugins'),
    protocol: texts('N', 'application protocol version that is offered; default 1', {
      alias: 'protocol_version',
    }),
    sharing: choice(
      ['never', 'always', 'ask'],
      'whether mounts may share a plugin; ask: as Vault does, by pluginutil.multiplexing',
    ),
    probe: choice(
      ['none', 'grpc-health'],
      'what a plugin has to do when it is registered, besides starting; grpc-health: say that it serves',
    ),
    env: texts('NAME=VALUE', 'variable for every plugin of the kind; it is shown, so it must not be secret'),
    directory: directoryFlag,
  },
  async run({ args: [name], flags }, context) {
    const [magicCookieKey, magicCookieValue] = pair('-cookie', flags.cookie);
    const { kinds } = await openCatalogs(directoryOf(flags.directory, context));
    await kinds.register(
      {
        name,
        magicCookieKey,
        magicCookieValue,
        ...(flags.protocol.length > 0 && {
          protocolVersions: flags.protocol.map((version) => toWhole(version, '-protocol')),
        }),
        sharing: flags.sharing,
        probe: flags.probe,
        env: Object.fromEntries(flags.env.map((entry) => pair('-env', entry))),
      },
      { signal: context.signal },
    );
    context.terminal.out(`Success! Registered kind: ${plainText(name)}`);
    return exitCodes.ok;
  },
});
