import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';

/** A schema for every option of `T`, so that none can be forgotten. */
type OptionShape<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K]> };

/** Builds the check for an options type. What is not in it is refused at run time, as it is by the compiler. */
export function optionsOf<T>(): (shape: OptionShape<T>) => z.ZodType<T> {
  return (shape) => z.strictObject(shape) as unknown as z.ZodType<T>;
}

export const signalOption = z
  .custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal')
  .optional();

/** The options of an operation that takes nothing but a signal. */
export const callOptions = optionsOf<{ signal?: AbortSignal | undefined }>()({ signal: signalOption });

/** A whole number from 0 on. */
export const countOption = z.int('must be a whole number').nonnegative('must not be negative').optional();

export const filtersOption = z.record(z.string(), z.array(z.string(), 'must be a list of texts')).optional();

/** `key` or `key=value`. */
export const labelsOption = z.array(z.string().min(1)).optional();

export const platformOption = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'must be like linux/amd64')
  .optional();

/** Text without a NUL, which would end it early on the engine's side. */
export const text = z
  .string('must be a text')
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');

/**
 * Checks the options of `operation`.
 *
 * @throws InvalidOptionError naming the option; its value is never part of the message, since it may be a secret
 */
export function checkOptions<T>(operation: string, schema: z.ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : pathText(issue.path);
  if (issue?.code === 'unrecognized_keys') {
    const name = [where, issue.keys[0]].filter((part) => part !== '').join('.');
    throw new InvalidOptionError(name, `${operation} has no such option`);
  }
  throw new InvalidOptionError(
    where === '' ? operation : where,
    `${issue?.message ?? 'is wrong'} (${operation})`,
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

/**
 * Checks an id or name that goes into a path, and takes the leading slash off with which Docker shows names.
 *
 * @throws InvalidOptionError for what no container can be called (moby `daemon/names`), `..` among it
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
