/** Versions of plugins: semantic versions in the form in which Vault keeps them, `v1.2.3`. */
import { InvalidOptionError } from '../errors.ts';
import { checkArgument, text as anyText } from '../settings/option-shape.ts';

interface Version {
  readonly core: readonly number[];
  readonly pre: readonly string[];
  readonly build: string;
}

const pattern =
  /^v?(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8}))?(?:\.(0|[1-9]\d{0,8}))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/**
 * Turns `1.2` into `v1.2.0`. The empty text stays empty, and stands for the one unversioned entry of a name.
 *
 * @throws InvalidOptionError when it is not a semantic version, or one that Vault reserves for plugins built into it
 */
export function canonicalVersion(text: string, option = 'version'): string {
  checkArgument('canonicalVersion', option, anyText, text);
  if (text === '') return '';
  const version = parse(text);
  if (version === undefined) {
    throw new InvalidOptionError(option, `${JSON.stringify(text)} is not a semantic version`, {
      hint: 'Write it like 1.2.3, with a pre-release such as -rc1 behind it if there is one.',
    });
  }
  if (version.build.split('.').includes('builtin')) {
    throw new InvalidOptionError(option, `${text} is reserved for plugins that are built into a host`);
  }
  const pre = version.pre.length === 0 ? '' : `-${version.pre.join('.')}`;
  return `v${version.core.join('.')}${pre}${version.build === '' ? '' : `+${version.build}`}`;
}

/**
 * Returns the tag that an image of this version has by custom: without a leading `v`, and without characters that a tag
 * can't have.
 */
export function tagOfVersion(version: string): string {
  return version.replace(/^v/, '').replace(/\+.*$/, '');
}

/** Compares versions in ascending order. Unversioned counts as 0.0.0 and comes before it. */
export function compareVersions(a: string, b: string): number {
  checkArgument('compareVersions', 'a', anyText, a);
  checkArgument('compareVersions', 'b', anyText, b);
  if (a === '' || b === '') return compareTexts(a, b) || 0;
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return compareTexts(a, b);
  for (let i = 0; i < 3; i += 1) {
    const difference = (left.core[i] ?? 0) - (right.core[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePre(left.pre, right.pre) || compareTexts(left.build, right.build);
}

function parse(text: string): Version | undefined {
  const [match, major = '0', minor = '0', patch = '0', pre, build = ''] = pattern.exec(text) ?? [];
  if (match === undefined) return undefined;
  const identifiers = pre === undefined ? [] : pre.split('.');
  const empty = [...identifiers, ...(build === '' ? [] : build.split('.'))].includes('');
  if (empty || identifiers.some((each) => /^0\d+$/.test(each))) return undefined;
  return { core: [major, minor, patch].map(Number), pre: identifiers, build };
}

/**
 * Compares pre-releases (semver.org, 11.3 and 11.4): a release comes after its pre-releases; numbers compare as
 * numbers, and come before words.
 */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [left, right] = [a[i], b[i]];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    const difference =
      leftIsNumber && rightIsNumber
        ? Number(left) - Number(right)
        : Number(rightIsNumber) - Number(leftIsNumber) || compareTexts(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
