import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag } from '../directory.ts';
import { openTokens } from './token-book.ts';

export const revoke = command({
  name: 'revoke',
  summary: 'end a token: a server that runs refuses it from then on',
  details: ['If there is no such token, that is said, and the exit code is 0.'],
  examples: ['token revoke 0123456789abcdef'],
  positionals: [{ name: 'ID', complete: { words: [], ask: 'token list -field=id' } }],
  flags: { directory: directoryFlag },
  async run({ args: [given], flags }, context) {
    // Whoever pastes the whole token means it as well.
    const id = /^bulkhead\.([0-9a-f]{16})\./.exec(given)?.[1] ?? given;
    const was = await (await openTokens(flags.directory, context)).revoke(id, { signal: context.signal });
    context.terminal.out(
      plainText(was ? `Success! Revoked the token: ${id}` : `There is no token ${id}; nothing was done.`),
    );
    return exitCodes.ok;
  },
});
