/** The grammar of image references, which both engines take from github.com/distribution/reference. */

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';

/** Parts of a reference as sources of regular expressions. */
export const referenceGrammar = {
  /** A registry's host and port. */
  registry: String.raw`${label}(?:\.${label})*(?::\d{1,5})?`,
  /** What stands between two slashes of a name. */
  component: String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`,
  tag: String.raw`\w[\w.-]{0,127}`,
  digest: 'sha256:[0-9a-f]{64}',
} as const;

/** Characters of a name, its registry included. */
export const longestImageName = 255;

/** Whether a text is this part of a reference as a whole. */
export function isReferencePart(part: keyof typeof referenceGrammar, text: string): boolean {
  return new RegExp(`^${referenceGrammar[part]}$`).test(text);
}
