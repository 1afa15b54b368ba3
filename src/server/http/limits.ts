/** How much a caller may make the server use. */
import { shapeOf, timeLimit, wholeNumber } from '../../settings/option-shape.ts';

export interface ServerLimits {
  /** Longest body of a request in bytes. Default: 32 MiB, as in Vault. */
  readonly bodyBytes?: number | undefined;
  /** All headers of a request together, in bytes. Default: 16384. */
  readonly headerBytes?: number | undefined;
  /** How long the headers of a request may take to arrive, in milliseconds. Default: 10000. */
  readonly headersMs?: number | undefined;
  /** How long a whole request may take to arrive, in milliseconds. Default: 60000. */
  readonly arrivalMs?: number | undefined;
  /** How long a request may take to be answered, in milliseconds. Default: 90000, as in Vault. */
  readonly requestMs?: number | undefined;
  /** Requests that are worked on at the same time. Default: 512. */
  readonly requests?: number | undefined;
  /** Answers that last, such as a log that is followed, at the same time. Default: 64. */
  readonly lasting?: number | undefined;
  /** Answers that last which one token may have at the same time. Default: 16. */
  readonly lastingOfToken?: number | undefined;
  /** How long the reader of an answer that lasts may take for what waits for it, in milliseconds. Default: 60000. */
  readonly stillMs?: number | undefined;
  /** Connections at the same time. Default: 1024. */
  readonly connections?: number | undefined;
  /** How long requests under way may take when the server ends, in milliseconds. Default: 10000. */
  readonly drainMs?: number | undefined;
}

export type AllLimits = { readonly [Name in keyof Required<ServerLimits>]: number };

export const defaultLimits: AllLimits = {
  bodyBytes: 32 * 1024 * 1024,
  headerBytes: 16_384,
  headersMs: 10_000,
  arrivalMs: 60_000,
  requestMs: 90_000,
  requests: 512,
  lasting: 64,
  lastingOfToken: 16,
  stillMs: 60_000,
  connections: 1024,
  drainMs: 10_000,
};

export const limitsCheck = shapeOf<ServerLimits>({
  bodyBytes: wholeNumber(1, 2 ** 30),
  headerBytes: wholeNumber(1024, 2 ** 20),
  headersMs: timeLimit,
  arrivalMs: timeLimit,
  requestMs: timeLimit,
  requests: wholeNumber(1, 100_000),
  lasting: wholeNumber(1, 100_000),
  lastingOfToken: wholeNumber(1, 100_000),
  stillMs: timeLimit,
  connections: wholeNumber(1, 100_000),
  drainMs: timeLimit,
});

export function limitsOf(given: ServerLimits = {}): AllLimits {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultLimits, ...Object.fromEntries(set) };
}
