import { isKnown, type Fact } from '../fact.ts';
import type { Finding } from '../rule.ts';

export const met: Finding = { result: 'met' };

export function unmet(observed: string, remedy: string): Finding {
  return { result: 'unmet', observed, remedy };
}

/** Works, and should be known. */
export function note(observed: string, remedy: string): Finding {
  return { result: 'note', observed, remedy };
}

export function notSeen(observed: string, remedy: string): Finding {
  return { result: 'unknown', observed, remedy };
}

/** Judges a fact where it is known; where it is not, that is the finding. */
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

/** What must be so, with one remedy where it is not, and the same where it could not be seen. */
export function mustBe(fact: Fact<boolean>, what: string, otherwise: string, remedy: string): Finding {
  return judged(fact, what, remedy, (value, evidence) =>
    value ? met : unmet(`${otherwise} (${evidence})`, remedy),
  );
}

export const page = "HashiCorp's page on containerized plugins";
