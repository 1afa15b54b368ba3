/**
 * Explains what a plugin says of its failure where the cause is that its container denies something. Pure. The words
 * alone are not enough: a hint is given only where this container lacks what they are about.
 */
import { accountDenials } from './account-denials.ts';
import type { Denial, Given } from './denial.ts';
import { fileDenials } from './file-denials.ts';
import { limitDenials } from './limit-denials.ts';
import { networkDenials } from './network-denials.ts';
import { ownershipDenials, privilegeDenials } from './privilege-denials.ts';

/** The first that applies to a line is told: what is more particular comes first. */
const denials: readonly Denial[] = [
  ...limitDenials,
  ...accountDenials,
  ...fileDenials,
  ...networkDenials,
  ...privilegeDenials,
  ...ownershipDenials,
];

/** Longer lines are read to here only. */
const longestLine = 1_000;

/**
 * Lines that repeat what another machine has said: a database, an API, a gRPC server that was reached. They are not
 * about this container, whatever they say.
 */
const ofOthers =
  /\bpq: |\bSQLSTATE\b|\bORA-\d{5}\b|\bError \d{4} \(|rpc error: code = \w+ desc = (?!connection error)|\bstatus(?: code)?:? [45]\d\d\b|\bCode: [45]\d\d\b|^(?:ERROR|FATAL): {2}/;

/** @param lines what may tell the cause, the most telling line first */
export function hintForDenial(lines: readonly string[], given: Given): string | undefined {
  for (const whole of lines) {
    const line = whole.slice(0, longestLine);
    if (ofOthers.test(line)) continue;
    for (const { words, hint } of denials) {
      const found = words.exec(line);
      const said = found === null ? undefined : hint(line, given, found);
      if (said !== undefined) return said;
    }
  }
  return undefined;
}
