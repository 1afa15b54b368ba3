/** Passwords by policy (Vault: sdk/helper/random). */
import { randomInt } from 'node:crypto';
import { InvalidOptionError } from '../errors.ts';
import {
  allOf,
  checkShape,
  filledText,
  listOf,
  required,
  shapeOf,
  that,
  wholeNumber,
} from '../settings/option-shape.ts';

export interface PasswordPolicy {
  /** Characters of a password. */
  readonly length: number;
  readonly rules: readonly PasswordRule[];
}

export interface PasswordRule {
  /** Characters of which a password is made; those of all rules together are drawn from. */
  readonly charset: string;
  /** At least so many characters of a password are of this rule's. Default: 0. */
  readonly minChars?: number | undefined;
}

const lower = 'abcdefghijklmnopqrstuvwxyz';

/** Vault's default: 20 characters, at least one of each sort. */
export const defaultPasswordPolicy: PasswordPolicy = {
  length: 20,
  rules: [
    { charset: lower, minChars: 1 },
    { charset: lower.toUpperCase(), minChars: 1 },
    { charset: '0123456789', minChars: 1 },
    { charset: '-', minChars: 1 },
  ],
};

export const passwordPolicyCheck = allOf(
  required(
    shapeOf<PasswordPolicy>({
      length: required(wholeNumber(4, 1024)),
      rules: required(
        allOf(
          listOf(shapeOf<PasswordRule>({ charset: required(filledText), minChars: wholeNumber(0) })),
          that((value) => (value as readonly unknown[]).length > 0, 'is empty'),
        ),
      ),
    }),
  ),
  that((value) => isPossible(value as PasswordPolicy), 'demands more characters than its length'),
);

/**
 * Makes a password: every one that meets the policy is as likely as any other.
 *
 * @throws InvalidOptionError for a policy that no password, or hardly one, can meet
 */
export function generatePassword(policy: PasswordPolicy = defaultPasswordPolicy): string {
  checkShape('generatePassword', passwordPolicyCheck, policy);
  const characters = [...new Set(policy.rules.flatMap(({ charset }) => Array.from(charset)))];
  const rules = policy.rules.map(({ charset, minChars = 0 }) => ({ charset: new Set(charset), minChars }));
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const drawn = Array.from({ length: policy.length }, () => characters[randomInt(characters.length)] ?? '');
    const meets = rules.every(
      ({ charset, minChars }) => drawn.filter((each) => charset.has(each)).length >= minChars,
    );
    if (meets) return drawn.join('');
  }
  throw new InvalidOptionError('policy', 'is met by too few passwords', {
    hint: 'Demand fewer characters of its rules, or give it more length.',
  });
}

/** Vault's default policy is met by one of three. */
const mostAttempts = 10_000;

function isPossible({ length, rules }: PasswordPolicy): boolean {
  return rules.reduce((sum, { minChars = 0 }) => sum + minChars, 0) <= length;
}
