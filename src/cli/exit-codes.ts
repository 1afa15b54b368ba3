import { BulkheadError, type ErrorCode } from '../errors.ts';

/** What the command line ends with. The one place where this is said; `bulkhead help` prints it. */
export const exitCodes = { ok: 0, no: 1, usage: 2, environment: 3 } as const;

export type ExitCode = number;

/** What each means, in the order of the numbers. */
export const exitCodeMeanings: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'yes, or done'],
  ['1', 'no: what was asked about is not so, or the plugin, image or catalog entry does not allow it'],
  ['2', 'the command line was wrong; nothing was done'],
  ['3', 'no answer: an engine, file or setting of this machine is in the way'],
  ['128+N', 'ended by signal N, after cleaning up (130 is Ctrl-C)'],
];

/** Codes that blame what was written on the command line. */
const ofUsage: ReadonlySet<string> = new Set<ErrorCode>(['FACTS_INVALID', 'INVALID_OPTION']);

/** Codes that blame the machine; all others blame what was asked for. */
const ofTheEnvironment: ReadonlySet<string> = new Set<ErrorCode>([
  'CATALOG_DAMAGED',
  'CATALOG_LOCKED',
  'CATALOG_NEWER_FORMAT',
  'CATALOG_UNREADABLE',
  'CATALOG_UNTRUSTED',
  'CATALOG_UNWRITABLE',
  'CLEANUP_FAILED',
  'FILE_UNUSABLE',
  'SOCKET_DIRECTORY_FAILED',
]);

/** Of these, an engine that answers and declines has given its answer. */
const answersOfTheEngine: ReadonlySet<string> = new Set<ErrorCode>([
  'ENGINE_BAD_REQUEST',
  'ENGINE_CONFLICT',
  'ENGINE_NOT_FOUND',
  'ENGINE_UNSUPPORTED',
]);

/** The exit code that an error leads to. What is no error of ours, such as one of the file system, is the machine's. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof BulkheadError)) return exitCodes.environment;
  const { code } = error;
  if (ofUsage.has(code)) return exitCodes.usage;
  if (ofTheEnvironment.has(code) || code.startsWith('PODMAN_')) return exitCodes.environment;
  if (code.startsWith('ENGINE_') && !answersOfTheEngine.has(code)) return exitCodes.environment;
  return exitCodes.no;
}
