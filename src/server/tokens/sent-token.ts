import type { IncomingHttpHeaders } from 'node:http';

/** The token that a request carries, as Vault's clients send it or as others do. */
export function sentToken(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const sent = headers['x-vault-token'] ?? bearer;
  return typeof sent === 'string' && sent !== '' ? sent : undefined;
}
