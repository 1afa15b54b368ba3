/** The form of every document in a store: JSON that names its kind and the version of the form. */
import { z } from 'zod';
import { DamagedEntryError } from './errors.ts';
import type { CatalogStore, DocumentKey, StrangeThing } from './store/store.ts';

/** Raised when an older Bulkhead could misread a newer document. */
const formatVersion = 1;

const envelope = z.looseObject({ bulkhead: z.number().int().positive(), kind: z.string() });

export interface DocumentForm<T> {
  readonly kind: string;
  /** Turns the fields of a document into an entry. An unknown field is an error. */
  readonly schema: z.ZodType<T>;
}

/** @param fields the fields, spelled as in Vault, as they are written in the file */
export function writeDocument(kind: string, fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ bulkhead: formatVersion, kind, ...fields }, null, 2)}\n`;
}

/** Returns the entry at `key`; `undefined` when there is none. @throws DamagedEntryError, StoreError */
export async function readDocument<T>(
  store: CatalogStore,
  key: DocumentKey,
  form: DocumentForm<T>,
): Promise<T | undefined> {
  const text = await store.get(key);
  return text === undefined ? undefined : parseDocument(text, store.place(key), form);
}

/** Something in the catalog that is not an entry. */
export type Damage = StrangeThing;

/** Returns every entry below `prefix`, and the name of everything that can't be read as one. @throws StoreError */
export async function readDocuments<T>(
  store: CatalogStore,
  prefix: DocumentKey,
  form: DocumentForm<T>,
): Promise<{ entries: T[]; damaged: Damage[] }> {
  const { keys, strange } = await store.list(prefix);
  const damaged: Damage[] = [...strange];
  const entries: T[] = [];
  for (const key of keys) {
    try {
      const entry = await readDocument(store, key, form);
      if (entry !== undefined) entries.push(entry);
    } catch (error) {
      if (!(error instanceof DamagedEntryError)) throw error;
      damaged.push({ place: error.place, reason: error.reason });
    }
  }
  return { entries, damaged };
}

function parseDocument<T>(text: string, place: string, form: DocumentForm<T>): T {
  const damaged = (reason: string, cause?: unknown): DamagedEntryError =>
    new DamagedEntryError('CATALOG_DAMAGED', { place, reason }, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(text.trim() === '' ? 'is empty' : 'is torn, or not JSON', error);
  }
  const outside = envelope.safeParse(value);
  if (!outside.success) throw damaged('was not written by Bulkhead');
  const { bulkhead, kind, ...fields } = outside.data;
  if (bulkhead > formatVersion) {
    const reason = `has format ${bulkhead}, but this Bulkhead reads formats up to ${formatVersion}`;
    throw new DamagedEntryError('CATALOG_NEWER_FORMAT', { place, reason });
  }
  if (kind !== form.kind) throw damaged(`holds a ${kind} where a ${form.kind} belongs`);
  const inside = form.schema.safeParse(fields);
  if (inside.success) return inside.data;
  // The values are left out, because they may be secret.
  const wrong = inside.error.issues.map(({ path, code }) => `${path.join('.') || 'the entry'} (${code})`);
  throw damaged(`has wrong fields: ${wrong.join(', ')}`);
}
