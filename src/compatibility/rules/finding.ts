import { isKnown, type Fact } from '../fact.ts';
import type { Finding } from '../rule.ts';

export const met: Finding = { result: 'met' };

export function unmet(observed: string, remedy: string): Finding {
  return { result: 'unmet', observed, remedy };
}

/** The rule is met, and there is something to know. */
export function note(observed: string, remedy: string): Finding {
  return { result: 'note', observed, remedy };
}

export function notSeen(observed: string, remedy: string): Finding {
  return { result: 'unknown', observed, remedy };
}

/** Judges a fact that is known; a fact that is not known is itself the finding. */
export function judged<T>(
  fact: Fact<T>,
  what: string,
  remedy: string,
  judge: (value: T, evidence: string) => Finding,
): Finding {
  return isKnown(fact)
    ? judge(fact.value, fact.evidence)
    : notSeen(`${what} is not known: ${fact.unknown}`, remedy);
}

/** Requires a fact to be true. The remedy is the same where it is not true and where it could not be seen. */
export function mustBe(fact: Fact<boolean>, what: string, otherwise: string, remedy: string): Finding {
  return judged(fact, what, remedy, (value, evidence) =>
    value ? met : unmet(`${otherwise} (${evidence})`, remedy),
  );
}

export const page = "HashiCorp's page on containerized plugins";
