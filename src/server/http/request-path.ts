/** Reads the target of a request: its path is decoded once, here, and refused where it could mean two things. */
import { ApiError } from './api-error.ts';

export interface Target {
  /** Decoded; begins with a slash, and may end with one. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Longest path in characters, as it is sent. */
const longestTarget = 8192;

/**
 * Part by part, so that a slash within a part stays apart from one between two parts: such a part is refused, like `.`
 * and `..`, parts without a character, and control characters.
 *
 * @throws ApiError 400
 */
export function readTarget(target: string): Target {
  const end = target.search(/[?#]/);
  const sent = end === -1 ? target : target.slice(0, end);
  const isQuery = end !== -1 && target[end] === '?';
  if (target.length > longestTarget) throw new ApiError(414, 'the path is too long');
  if (!sent.startsWith('/')) throw refused('it has to begin with a slash');
  const path = sent
    .split('/')
    .map((part) => decoded(part))
    .join('/');
  if (path !== '/' && !isPlainPath(path.replace(/\/$/, '').slice(1)))
    throw refused('it has a part that is empty, . or .., or that has a slash or a control character in it');
  return { path, query: new URLSearchParams(isQuery ? target.slice(end + 1) : '') };
}

/** Whether a path without slashes at its ends has harmless parts only. */
export function isPlainPath(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && isHarmless(part));
}

function isHarmless(part: string): boolean {
  return !/[\p{Cc}\\]/u.test(part);
}

function decoded(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw refused('it has a % that no two hexadecimal digits follow, or bytes that are not UTF-8');
  }
  if (text.includes('/')) throw refused('it has a slash that is written as %2F, which could mean two things');
  return text;
}

function refused(why: string): ApiError {
  return new ApiError(400, `the path of the request is refused: ${why}`);
}
