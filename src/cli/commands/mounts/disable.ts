import { command, type Command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { mountsFlags, withMounts } from '../../vault/with-mounts.ts';
import { mountedPath, whatIs, type MountType } from './mounted-path.ts';

/** `secret disable` and `auth disable`. */
export function disableCommand(type: MountType): Command {
  const what = whatIs(type);
  return command({
    name: 'disable',
    summary: `end a mount of a ${what}, revoke its leases, and delete its data`,
    details: [
      'If a lease can not be revoked, nothing is ended or deleted. If nothing is mounted at the path, that is said, and the exit code is 0.',
    ],
    examples: [`${type} disable ${type === 'secret' ? 'secret' : 'jwt'}`],
    positionals: [{ name: 'PATH', complete: { words: [], ask: `${type} list -field=path` } }],
    flags: {
      force: toggle('delete it also where a lease can not be revoked or the plugin can not be started'),
      ...mountsFlags,
    },
    async run({ args: [given], flags }, context) {
      const path = mountedPath(type, given);
      const { signal, terminal } = context;
      const existed = await withMounts(flags, context, {}, (mounts) =>
        mounts.disable(path, { force: flags.force, signal }),
      );
      const shownPath = type === 'auth' ? path.slice('auth/'.length) : path;
      terminal.out(
        plainText(
          existed
            ? `Success! Disabled the ${what} at: ${shownPath}`
            : `No ${what} is mounted at ${shownPath}; nothing was done.`,
        ),
      );
      return exitCodes.ok;
    },
  });
}
