import { command } from '../command.ts';
import { mountsFlags } from '../vault/with-mounts.ts';

export const serve = command({
  name: 'serve',
  summary: 'keep the mounts of secret enable and auth enable running, for any number of commands at once',
  details: [
    'Until Ctrl-C. Commands of the same user on the directory find it over a socket in vault/hosts, which nobody else can enter: read, write, secret, auth and the like then start no plugin of their own. ps, logs, call and plugin reload find it as they find bulkhead run.',
    'Leases are revoked when their time is over, and plugins do their periodic work. Without it that waits for the next command that uses the mount.',
  ],
  examples: ['serve', 'serve -directory=/var/lib/bulkhead'],
  flags: mountsFlags,
  async run({ flags }, context) {
    const { serveDirectory } = await import('./serve-directory.ts');
    return serveDirectory(flags, context);
  },
});
