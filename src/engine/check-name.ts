import { InvalidOptionError } from '../errors.ts';

/**
 * Checks an id or name that goes into a path, and removes the leading slash with which Docker shows names.
 *
 * @throws InvalidOptionError for a name that no container can have (moby `daemon/names`), such as `..`
 */
export function checkContainerId(operation: string, id: unknown): string {
  const name = typeof id === 'string' ? id.replace(/^\//, '') : '';
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name;
  throw new InvalidOptionError('id', `${operation} takes the id or name of a container`);
}

/** Checks an image reference that goes into a path. @throws InvalidOptionError */
export function checkImageReference(operation: string, reference: unknown): string {
  const name = typeof reference === 'string' ? reference : '';
  const segments = name.split('/');
  if (
    /^[a-zA-Z0-9][\w.:/@+-]*$/.test(name) &&
    segments.every((segment) => !['', '.', '..'].includes(segment))
  )
    return name;
  throw new InvalidOptionError(
    'reference',
    `${operation} takes the name or id of an image, such as localhost/web:1`,
  );
}
