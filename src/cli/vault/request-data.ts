/**
 * The data of a request, as Vault's command line takes them: `key=value`, `key=@file`, `key=-` for the standard input,
 * and `-` or `@file` for an object of JSON. No error quotes them, because they may be secrets.
 */
import { addAbortSignal } from 'node:stream';
import { parseExact } from '../../vault/internal.ts';
import type { VaultData } from '../../vault/index.ts';
import { BulkheadError } from '../../errors.ts';
import { UsageError } from '../usage-error.ts';
import { readUserFile } from '../user-files.ts';

/** What is read from elsewhere. */
export interface DataSources {
  readonly file: (path: string) => Promise<string>;
  readonly stdin: () => Promise<string>;
}

/**
 * Reads the data. A key that is given several times has a list of its values. `key=\@text` is the text `@text`.
 *
 * @throws UsageError; BulkheadError `FILE_UNUSABLE`
 */
export async function requestData(
  words: readonly string[],
  { file, stdin }: DataSources,
): Promise<VaultData> {
  const usesStdin = words.filter(
    (word) => word === '-' || (word.endsWith('=-') && word.indexOf('=') === word.length - 2),
  );
  if (usesStdin.length > 1) throw new UsageError('the standard input can be read once: give - only once');
  const data = new Map<string, unknown>();
  for (const [at, word] of words.entries()) {
    const where = `KEY=VALUE ${at + 1}`;
    if (word === '-') merge(data, objectOf(await stdin(), 'the standard input'));
    else if (/^@./.test(word)) merge(data, objectOf(await file(word.slice(1)), word.slice(1)));
    else add(data, ...(await pairOf(word, where, { file, stdin })));
  }
  return Object.fromEntries(data);
}

/** The files and the standard input of this process. */
export function processSources(signal: AbortSignal): DataSources {
  return { file: readUserFile, stdin: () => readStdin(signal) };
}

const longestInput = 64 * 1024 * 1024;

async function readStdin(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(signal, process.stdin) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestInput)
      throw new BulkheadError('FILE_UNUSABLE', `the standard input has more than ${longestInput} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function pairOf(word: string, where: string, { file, stdin }: DataSources): Promise<[string, string]> {
  const at = word.indexOf('=');
  if (at < 1)
    throw new UsageError(`${where} is not KEY=VALUE (its text is not shown, because it may be a secret)`);
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  if (value === '-') return [key, await stdin()];
  if (value.startsWith('@')) return [key, await file(value.slice(1))];
  return [key, value.startsWith('\\@') ? value.slice(1) : value];
}

function add(data: Map<string, unknown>, key: string, value: string): void {
  const before = data.get(key);
  if (before === undefined) data.set(key, value);
  else data.set(key, Array.isArray(before) ? [...(before as unknown[]), value] : [before, value]);
}

function merge(data: Map<string, unknown>, more: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(more)) data.set(key, value);
}

function objectOf(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    // The parser's words quote the text.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new UsageError(
    `${where} is not an object of JSON (its text is not shown, because it may be a secret)`,
  );
}
