/** The grammar of image references, which both engines share with github.com/distribution/reference. */

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';

/** Parts of a reference, as sources of regular expressions. */
export const referenceGrammar = {
  /** A registry's host and port. */
  registry: String.raw`${label}(?:\.${label})*(?::\d{1,5})?`,
  /** A part of a name between two slashes. */
  component: String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`,
  tag: String.raw`\w[\w.-]{0,127}`,
  digest: 'sha256:[0-9a-f]{64}',
} as const;

/** Most characters of a name, including its registry. */
export const longestImageName = 255;

/** Whether the whole text is this part of a reference. */
export function isReferencePart(part: keyof typeof referenceGrammar, text: string): boolean {
  return new RegExp(`^${referenceGrammar[part]}$`).test(text);
}
