import { boundedText } from '../foreign-text.ts';
import { checkGiven, checkRequirements } from './compatibility-checks.ts';
import { launchCase } from './case.ts';
import type { LaunchVerdict, LaunchRequirements, Reason } from './launch-verdict.ts';
import { networkAccess, type NetworkAccess } from './network-access.ts';
import type { Finding, LaunchFacts, Rule, RuleSource } from './rule.ts';
import { rules } from './rules/rules.ts';
import { chooseStrategy } from './strategy.ts';

/**
 * Says whether a plugin can be launched, before anything is made. Pure: the same facts and wishes always give the same
 * verdict. A needed fact that could not be observed makes it `unknown`, never `works`.
 */
export function judge(facts: LaunchFacts, wishes: LaunchRequirements): LaunchVerdict {
  checkGiven('judge', { launchFacts: facts });
  checkRequirements(wishes);
  const launch = launchCase(facts, wishes);
  const found: Readonly<Record<Exclude<Finding['result'], 'met'>, Reason[]>> = {
    unmet: [],
    unknown: [],
    note: [],
  };
  for (const rule of rules) {
    if (!rule.applies(launch)) continue;
    const finding = rule.check(launch);
    if (finding.result !== 'met') found[finding.result].push(reason(rule, finding));
  }
  const { unmet, unknown, note: notes } = found;
  const strategy = chooseStrategy(launch);
  const network = plainAccess(networkAccess(launch));
  if (unmet.length > 0)
    return { status: 'refused', reasons: [...unmet, ...unknown], attempt: strategy, network, notes };
  if (unknown.length > 0) return { status: 'unknown', reasons: unknown, attempt: strategy, network, notes };
  return { status: 'works', strategy, network, notes };
}

/** The words may name a network of the engine. */
function plainAccess({ reach, description }: NetworkAccess): NetworkAccess {
  return { reach, description: boundedText(description) };
}

function reason(
  { id, requirement, source }: Rule,
  { observed, remedy }: Exclude<Finding, { result: 'met' }>,
): Reason {
  // The observations quote the engine and the image, and a remedy may name something of theirs.
  return {
    rule: id,
    requirement,
    observed: boundedText(observed),
    remedy: boundedText(remedy),
    source: sourceText(source),
  };
}

/** Describes in one sentence where a rule comes from. */
export function sourceText(source: RuleSource): string {
  checkGiven('sourceText', { source });
  const { document, measured, conflict } = source;
  const parts = [
    ...(document === undefined ? [] : [`documented (${document})`]),
    ...(measured === undefined ? [] : [`measured: ${measured}`]),
    ...(conflict === undefined ? [] : [`they disagree: ${conflict}`]),
  ];
  return parts.join('; ');
}
