import { sign, type KeyObject } from 'node:crypto';

/** A token that is valid for ten minutes, signed with a key on the curve P-256. */
export function signed(key: KeyObject, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const text = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ ...claims, iat: seconds, exp: seconds + 600 })}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
