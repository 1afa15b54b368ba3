/** Checks of options by schemas, for code that loads zod anyway; see option-shape.ts for the rest. */
import { z } from 'zod';
import { optionError, unknownName } from './option-problem.ts';
import type { Check } from './option-shape.ts';

/** A schema for every option of `T`, so that none can be forgotten. */
type OptionShape<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K]> };

/**
 * Builds the check for an options type. Options that are not in it are refused at run time, as they are by the
 * compiler.
 */
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

export const filtersOption = z
  .record(z.string(), z.array(z.string(), 'must be a list of strings'))
  .optional();

/** `key` or `key=value`. */
export const labelsOption = z.array(z.string().min(1)).optional();

export const platformOption = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'must be like linux/amd64')
  .optional();

/** Text without a NUL, which would end the text early on the engine's side. */
export const text = z
  .string('must be a string')
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');

/** Makes a schema that asks what a check asks. Whether the value may be left out is up to the schema. */
export function schemaOf<T>(check: Check): z.ZodType<T> {
  return z
    .custom<T>(() => true)
    .superRefine((value, context) => {
      const problem = check(value, 'a registration');
      if (problem === undefined) return;
      context.addIssue({ code: 'custom', message: problem.message, path: [...problem.path] });
    });
}

/**
 * Checks the options of `operation`.
 *
 * @throws InvalidOptionError naming the option; its value is never part of the message, since it may be a secret
 */
export function checkOptions<T>(operation: string, schema: z.ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    throw optionError(unknownName(path, name, operation, namesAt(schema, path)), operation);
  }
  throw optionError({ path, message: issue?.message ?? 'is wrong' }, operation);
}

/** Returns the names of the options that `schema` has at `path`, or none where they can't be determined. */
function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let inner: unknown = schema;
  for (const key of [...path, undefined]) {
    while (inner instanceof z.ZodOptional || inner instanceof z.ZodReadonly) inner = inner.def.innerType;
    if (key === undefined) break;
    if (inner instanceof z.ZodArray) inner = inner.element;
    else if (inner instanceof z.ZodObject) inner = (inner.shape as Record<PropertyKey, unknown>)[key];
    else if (inner instanceof z.ZodRecord) inner = inner.valueType;
    else return [];
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
