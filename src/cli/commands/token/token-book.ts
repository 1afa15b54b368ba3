/** The tokens of the directory. A server that runs on it sees every change at once. */
import type { TokenBook, TokenInfo } from '../../../server/internal.ts';
import type { Context } from '../../command.ts';
import { lazyModules } from '../../lazy-modules.ts';
import { directoryOf } from '../directory.ts';

export async function openTokens(directory: string | undefined, context: Context): Promise<TokenBook> {
  const { TokenBook } = await lazyModules.server();
  return new TokenBook(directoryOf(directory, context));
}

export const tokenFields = ['id', 'name', 'scope', 'created_at', 'expires_at'] as const;

export function tokenRow({ id, name, scope, createdAt, expiresAt }: TokenInfo) {
  return {
    ...{ id, name, scope, created_at: createdAt.toISOString() },
    expires_at: expiresAt?.toISOString() ?? null,
  };
}
