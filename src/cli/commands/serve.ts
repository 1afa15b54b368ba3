import { command } from '../command.ts';
import { text, type FlagValues } from '../flags.ts';
import { mountsFlags } from '../vault/with-mounts.ts';

export const serveFlags = {
  listen: text(
    'ADDRESS',
    'also serve the HTTP API on a loopback address, such as 127.0.0.1:8200 (default: only on the unix socket)',
  ),
  tls_cert: text('FILE', 'certificate in PEM with which the address is served over TLS', { path: true }),
  tls_key: text('FILE', 'key in PEM of the certificate', { path: true }),
  access_log: text(
    'FILE',
    'file to which a line of JSON is added for each HTTP request; - is the standard error',
    {
      path: true,
    },
  ),
  ...mountsFlags,
};

export type ServeFlags = FlagValues<typeof serveFlags>;

export const serve = command({
  name: 'serve',
  summary:
    'keep the mounts of secret enable and auth enable running, for any number of commands and clients of Vault at once',
  details: [
    'Until Ctrl-C. Commands of the same user on the directory find it over a socket in vault/hosts, which nobody else can enter: read, write, secret, auth and the like then start no plugin of their own. ps, logs, call and plugin reload find it as they find bulkhead run.',
    'The HTTP API that clients of Vault speak is served on the unix socket server/http.sock of the directory, which nobody else can enter, and on the address of -listen. The first start makes a token that allows everything, and shows it this once. See bulkhead token.',
    'Leases are revoked when their time is over, and plugins do their periodic work. Without it that waits for the next command that uses the mount.',
  ],
  examples: ['serve', 'serve -directory=/var/lib/bulkhead', 'serve -listen=127.0.0.1:8200'],
  flags: serveFlags,
  async run({ flags }, context) {
    const { serveDirectory } = await import('./serve-directory.ts');
    return serveDirectory(flags, context);
  },
});
