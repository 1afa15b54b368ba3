/** Who asks, and what the token of the caller allows. */
import type { Need } from '../routes/route.ts';

/**
 * What a token allows: everything; reading the catalogs; reading them, what runs and what could run, logs included; or the
 * paths of one mount.
 */
export type TokenScope = 'everything' | 'catalog' | 'observe' | `mount:${string}`;

/** What is kept of a token: never the token itself. */
export interface TokenInfo {
  /** Names the token where it must not be shown; the part between its points. */
  readonly id: string;
  readonly name: string;
  readonly scope: TokenScope;
  readonly createdAt: Date;
  /** Absent for a token that never ends. */
  readonly expiresAt?: Date | undefined;
}

export interface Caller {
  /** Absent where no token is needed. */
  readonly token: TokenInfo | undefined;
  /** @param path the path that is asked for, without `/v1/` in front */
  allows(need: Need, path: string): boolean;
}

export const nobody: Caller = { token: undefined, allows: (need) => need === 'nothing' };

export function callerWith(token: TokenInfo): Caller {
  return { token, allows: (need, path) => isAllowed(token.scope, need, path) };
}

function isAllowed(scope: TokenScope, need: Need, path: string): boolean {
  if (scope === 'everything' || need === 'nothing' || need === 'token') return true;
  if (scope === 'catalog') return need === 'catalog';
  if (scope === 'observe') return need === 'catalog' || need === 'observe';
  return need === 'mount' && `${path}/`.startsWith(scope.slice('mount:'.length));
}
