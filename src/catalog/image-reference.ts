/** Complete image references: registry with port, repository, tag, digest. */
import { InvalidOptionError } from '../errors.ts';
import { longestImageName, referenceGrammar } from '../image-reference.ts';
import { checkArgument, text as anyText } from '../settings/option-shape.ts';
import { tagOfVersion } from './version.ts';

/** A reference in parts. The tag and the digest may be empty. */
export interface ImageReference {
  /** Name with registry and port, if given: `localhost:5000/team/kv`. */
  readonly repository: string;
  readonly tag: string;
  /** `sha256:...` */
  readonly digest: string;
}

const { registry, component, tag, digest } = referenceGrammar;
const pattern = new RegExp(
  `^((?:${registry}/)?${component}(?:/${component})*)(?::(${tag}))?(?:@(${digest}))?$`,
);

/** @throws InvalidOptionError */
export function parseImageReference(text: string, option = 'ociImage'): ImageReference {
  checkArgument('parseImageReference', option, anyText, text);
  const [, repository, tag = '', digest = ''] = pattern.exec(text) ?? [];
  if (repository !== undefined && repository.length <= longestImageName) return { repository, tag, digest };
  throw new InvalidOptionError(option, `${JSON.stringify(text)} is not an image reference`, {
    hint: 'Write it like vault-plugin-kv, localhost:5000/team/kv:1.2 or name@sha256:<64 hexadecimal digits>.',
  });
}

/**
 * Returns the reference that runs: the registered one when it has a tag or digest; otherwise with the version as its
 * tag, as in Vault, or without a tag, which engines read as `latest`.
 */
export function effectiveReference(ociImage: string, version: string): string {
  checkArgument('effectiveReference', 'version', anyText, version);
  const { repository, tag, digest } = parseImageReference(ociImage);
  // Engines refuse a reference that has both; the digest is more precise.
  if (digest !== '') return `${repository}@${digest}`;
  if (tag !== '') return `${repository}:${tag}`;
  return version === '' ? repository : `${repository}:${tagOfVersion(version)}`;
}
