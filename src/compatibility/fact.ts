/**
 * One thing that was observed, with the source that said so; or why it could not be learnt. Nothing is ever guessed.
 *
 * Facts are plain data: they are written to files and read back (`matrix --dry` for a host that is not here).
 */
export type Fact<T> = KnownFact<T> | UnknownFact;

export interface KnownFact<T> {
  readonly value: T;
  /** The call or file that said so, such as `GET /info: SecurityOptions`. */
  readonly evidence: string;
}

export interface UnknownFact {
  /** Why it is not known. */
  readonly unknown: string;
}

export function known<T>(value: T, evidence: string): KnownFact<T> {
  return { value, evidence };
}

export function unknown(reason: string): UnknownFact {
  return { unknown: reason };
}

export function isKnown<T>(fact: Fact<T>): fact is KnownFact<T> {
  return 'value' in fact;
}

/** Returns the value, or `undefined` where it is not known. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return 'value' in fact ? fact.value : undefined;
}
