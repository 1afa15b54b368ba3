/** Holds a JSON value against a schema of the extracts: what the client relies on has to be there, of its type. */
import type { ApiDocument, Schema } from './documents.ts';

/** @returns every place where the value is not what the schema says; empty when it is */
export function violations(value: unknown, schema: Schema, document: ApiDocument, place = '$'): string[] {
  const resolved = document.resolve(schema);
  if (value === null || value === undefined) {
    return resolved.nullable === true
      ? []
      : [`${place}: ${String(value)} where ${describe(resolved)} is required`];
  }
  if (resolved.oneOf !== undefined) {
    const attempts = resolved.oneOf.map((choice) => violations(value, choice, document, place));
    return attempts.some((attempt) => attempt.length === 0) ? [] : attempts.flat();
  }
  if (!isOfType(value, resolved.type))
    return [`${place}: ${JSON.stringify(value)} is not ${describe(resolved)}`];
  if (resolved.enum !== undefined && !resolved.enum.includes(value)) {
    return [`${place}: ${JSON.stringify(value)} is none of ${JSON.stringify(resolved.enum)}`];
  }
  if (Array.isArray(value)) {
    const { items } = resolved;
    return items === undefined
      ? []
      : value.flatMap((item, index) => violations(item, items, document, `${place}[${index}]`));
  }
  if (typeof value !== 'object') return [];
  return ofObject(value as Record<string, unknown>, resolved, document, place);
}

function ofObject(
  value: Record<string, unknown>,
  schema: Schema,
  document: ApiDocument,
  place: string,
): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value));
  const properties = schema.properties ?? {};
  const known = Object.entries(properties).filter(([name]) => name in value && value[name] !== undefined);
  const additional = schema.additionalProperties;
  const others =
    typeof additional === 'object' ? Object.keys(value).filter((name) => !(name in properties)) : [];
  return [
    ...missing.map((name) => `${place}.${name}: is missing`),
    ...known.flatMap(([name, property]) => violations(value[name], property, document, `${place}.${name}`)),
    ...others.flatMap((name) => violations(value[name], additional as Schema, document, `${place}.${name}`)),
  ];
}

function isOfType(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function describe({ type = 'something', nullable }: Schema): string {
  return nullable === true ? `${type} or null` : type;
}
