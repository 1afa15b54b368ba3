import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text } from '../../flags.ts';
import { lazyModules } from '../../lazy-modules.ts';
import { fieldFlag, formatFlag, printFields } from '../../output/document.ts';
import { UsageError } from '../../usage-error.ts';
import { directoryFlag } from '../directory.ts';
import { openTokens, tokenRow } from './token-book.ts';

export const create = command({
  name: 'create',
  summary: 'make a token, and show it this once',
  details: [
    'The directory keeps only its hash. Clients send it as X-Vault-Token or as Authorization: Bearer; most read it from VAULT_TOKEN.',
  ],
  examples: [
    'token create -scope=catalog -ttl=24h -name=dashboard',
    'token create -scope=mount:secret -field=token',
  ],
  flags: {
    scope: text(
      'SCOPE',
      'what it allows: everything; catalog, which reads the catalogs; observe, which also reads what runs, its logs and metrics; or mount:PATH, the paths of one mount (default: everything)',
    ),
    ttl: text('TIME', 'after which it ends, such as 24h or 30d (default: never)'),
    name: text('NAME', 'for people, and what plugins are told of who asks'),
    field: fieldFlag,
    format: formatFlag,
    directory: directoryFlag,
  },
  async run({ flags }, context) {
    const { scopeOf, millisecondsOf } = await lazyModules.server();
    const scope = scopeOf(flags.scope ?? 'everything');
    if (scope === undefined)
      throw new UsageError(
        `-scope is everything, catalog, observe or mount:PATH, not ${JSON.stringify(flags.scope)}; paths of auth methods begin with auth/`,
      );
    const ttlMs = flags.ttl === undefined ? undefined : millisecondsOf(flags.ttl);
    if (flags.ttl !== undefined && (ttlMs === undefined || ttlMs === 0))
      throw new UsageError(`-ttl takes a time such as 24h, not ${JSON.stringify(flags.ttl)}`);
    const tokens = await openTokens(flags.directory, context);
    const { signal, terminal } = context;
    const { token, info } = await tokens.create({ name: flags.name ?? '', scope, ttlMs }, { signal });
    printFields(terminal, flags, { token, ...tokenRow(info) });
    return exitCodes.ok;
  },
});
