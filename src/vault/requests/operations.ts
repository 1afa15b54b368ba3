/** An operation of a request (Vault: sdk/logical, Operation; `scan` is OpenBao's). */
export type VaultOperation =
  | 'create'
  | 'read'
  | 'update'
  | 'patch'
  | 'delete'
  | 'list'
  | 'help'
  | 'alias-lookahead'
  | 'resolve-role'
  | 'header'
  | 'revoke'
  | 'renew'
  | 'rollback'
  | 'scan';

/** Every operation. */
export const operations: readonly VaultOperation[] = [
  'create',
  'read',
  'update',
  'patch',
  'delete',
  'list',
  'help',
  'alias-lookahead',
  'resolve-role',
  'header',
  'revoke',
  'renew',
  'rollback',
  'scan',
];

/** Whether a request with this operation reads only, and may be sent twice. */
export function isRead(operation: VaultOperation): boolean {
  return reads.includes(operation);
}

const reads: readonly VaultOperation[] = [
  'read',
  'list',
  'scan',
  'help',
  'header',
  'alias-lookahead',
  'resolve-role',
];

/** Paths of these operations end with a slash. */
export function pathFor(operation: VaultOperation, path: string): string {
  return (operation === 'list' || operation === 'scan') && path !== '' && !path.endsWith('/')
    ? `${path}/`
    : path;
}
