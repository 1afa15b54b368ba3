/**
 * Takes secrets out of errors. A plugin's own words may quote what it was given: passwords, the address of its database
 * with them, any value of its configuration.
 */
import { withTexts } from '../../error-texts.ts';
import { errorCodes } from '../../errors.ts';
import type { OutputTail } from '../../goplugin/index.ts';
import type { StructData, StructValue } from '../wire/struct.ts';

/** A value that must not be shown, and what stands in its place. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Under this name plugins say which credentials they have (Vault: sdk/database/dbplugin/v5). */
export const typesKey = 'supported_credential_types';

/** A value that is shorter is taken out only where it stands alone: it would be found in most words. */
const shortest = 4;
/** Lines of a longer value, such as a key in PEM, are secrets themselves from this length on. */
const shortestLine = 16;

/** Every text in a configuration, with its path as the name. */
export function secretsIn({ [typesKey]: _types, ...config }: StructData): Secret[] {
  const texts = textsIn(config, 'config');
  return [...texts, ...texts.flatMap((text) => filledIn(text, config))];
}

/**
 * Returns the error itself where it holds none of the secrets, and otherwise a copy without them. What the plugin has
 * printed is left out as well: there can be the passwords of earlier requests in it, which nobody keeps.
 */
export function withoutSecrets(error: unknown, secrets: readonly Secret[]): unknown {
  const redact = redactor(secrets);
  const printed = new Set(printedIn(error));
  return withTexts(error, (text) => {
    // By its code an error is known, whatever the word means elsewhere.
    if (Object.hasOwn(errorCodes, text)) return text;
    return printed.has(text) ? '' : redact(text);
  });
}

/** What plugins have printed, as the errors in a chain of causes carry it. */
function printedIn(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > deepestCause) return [];
  const { output } = error as { readonly output?: Partial<OutputTail> };
  const streams = [output?.stdout, output?.stderr].filter((text) => typeof text === 'string' && text !== '');
  return [...(streams as string[]), ...printedIn(error.cause, depth + 1)];
}

const deepestCause = 32;

/** Makes what takes the secrets out of a text. The longest is looked for first, because it may hold others. */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const names = new Map<string, string>();
  for (const { name, value } of secrets)
    for (const spelling of spellings(value)) if (!names.has(spelling)) names.set(spelling, `[${name}]`);
  if (names.size === 0) return (text) => text;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(patternOf).join('|'), 'gu');
  return (text) => text.replace(pattern, (found) => names.get(found) ?? '[secret]');
}

function textsIn(value: StructValue, name: string): Secret[] {
  if (typeof value === 'string') return value === '' ? [] : [{ name, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]: [string, StructValue]) =>
    textsIn(each, `${name}.${key}`),
  );
}

/** An address with the user and the password where plugins fill them in (Vault: sdk/helper/template, `{{password}}`). */
function filledIn({ name, value }: Secret, config: StructData): Secret[] {
  const filled = [(text: string) => text, uriEscaped, queryEscaped].map((escaped) =>
    value.replace(/\{\{\s*(username|password)\s*\}\}/g, (all, key: string) => {
      const known = config[key];
      return typeof known === 'string' ? escaped(known) : all;
    }),
  );
  return [...filled.filter((each) => each !== value), ...userInfo(value)].map((each) => ({
    name,
    value: each,
  }));
}

/** User and password of an address, also of several addresses after each other. */
function userInfo(address: string): string[] {
  return [...address.matchAll(/:\/\/([^/?#@\s]*)@/g)].flatMap(([, found = '']) => {
    const [user = '', ...password] = found.split(':');
    return [found, user, password.join(':')].filter((part) => part !== '' && !/^\{\{.*\}\}$/.test(part));
  });
}

/** How programs may write a value: in an address, in JSON, in quotes as Go does, one line of it. */
function spellings(value: string): Set<string> {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= shortestLine);
  return new Set(
    [value, ...lines]
      .flatMap((each) => [
        each,
        uriEscaped(each),
        queryEscaped(each),
        decoded(each),
        JSON.stringify(each).slice(1, -1),
      ])
      .filter((each) => each !== ''),
  );
}

function uriEscaped(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // half of a surrogate pair
  }
}

function queryEscaped(value: string): string {
  return uriEscaped(value)
    .replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function patternOf(value: string): string {
  const escaped = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return value.length < shortest ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
}
