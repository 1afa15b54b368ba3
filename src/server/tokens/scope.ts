/** The scopes of tokens, as they are written. */
import { isPlainPath } from '../http/request-path.ts';
import type { TokenScope } from './caller.ts';

export function isScope(value: unknown): value is TokenScope {
  if (value === 'everything' || value === 'catalog' || value === 'observe') return true;
  if (typeof value !== 'string' || !value.startsWith('mount:')) return false;
  const path = value.slice('mount:'.length);
  return path.endsWith('/') && isPlainPath(path.slice(0, -1));
}

/** Adds the slash that paths of mounts end with. */
export function scopeOf(text: string): TokenScope | undefined {
  const written = text.startsWith('mount:') && !text.endsWith('/') ? `${text}/` : text;
  return isScope(written) ? written : undefined;
}
