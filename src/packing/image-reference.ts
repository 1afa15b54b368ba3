import { InvalidOptionError } from '../errors.ts';
import { isReferencePart, longestImageName } from '../image-reference.ts';

/**
 * Refuses what is not a full reference `host/name:tag`.
 *
 * Short names are refused because engines complete them differently: Docker to `docker.io/library/name`, Podman to
 * `localhost/name`.
 *
 * @throws {InvalidOptionError} naming the part that is wrong
 */
export function checkImageTag(tag: string, option = 'tag'): void {
  const given = JSON.stringify(tag);
  const refuse = (why: string): never => {
    throw new InvalidOptionError(option, `${given} ${why}`, {
      hint: 'Give a full reference such as localhost/my-plugin:1.0.',
    });
  };
  if (typeof tag !== 'string' || tag === '') return refuse('is not an image reference');
  if (tag.includes('@')) refuse('names a digest; an image that is being made can only be given a tag');

  const colon = tag.lastIndexOf(':');
  if (colon <= tag.lastIndexOf('/')) return refuse('has no tag (the part after the colon)');
  const name = tag.slice(0, colon);
  if (!isReferencePart('tag', tag.slice(colon + 1)))
    refuse('has a malformed tag (letters, digits, and _ . - inside)');

  const [host = '', ...path] = name.split('/');
  if (!isRegistry(host) || path.length === 0) {
    refuse('has no registry host; engines would complete it differently');
  }
  const wrong = path.find((component) => !isReferencePart('component', component));
  if (wrong !== undefined) {
    refuse(
      `has a malformed name at ${JSON.stringify(wrong)} (lower-case letters and digits, and . _ - inside)`,
    );
  }
  if (name.length > longestImageName)
    refuse(`has a name of ${name.length} characters; at most ${longestImageName} are allowed`);
}

/**
 * Whether engines take the first part of a name for a registry. Otherwise they prefix the name with one of their own.
 */
function isRegistry(host: string): boolean {
  return isReferencePart('registry', host) && (host === 'localhost' || /[.:]/.test(host));
}
