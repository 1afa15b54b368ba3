/** Determines which hosts belong together. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { readDocument, writeDocument, type DocumentForm } from '../../catalog/internal.ts';
import type { CatalogStore, DocumentKey } from '../../catalog/index.ts';

const key: DocumentKey = ['cluster'];
const form: DocumentForm<{ id: string }> = {
  kind: 'cluster',
  schema: z.strictObject({ id: z.string().regex(/^[\w.-]{1,64}$/) }),
};

/** The cluster of this user's hosts and launches that have no permanent store. */
export function userClusterId(): string {
  return `user-${process.geteuid?.() ?? 0}`;
}

/**
 * The id that a store's hosts share, made by the first of them. Without a permanent store, all hosts of one user belong
 * together.
 *
 * @throws DamagedEntryError, StoreError
 */
export async function clusterIdOf(store: CatalogStore, lasts: boolean): Promise<string> {
  if (!lasts) return userClusterId();
  const known = await readDocument(store, key, form);
  if (known !== undefined) return known.id;
  return store.exclusively(async () => {
    const meanwhile = await readDocument(store, key, form);
    if (meanwhile !== undefined) return meanwhile.id;
    const id = randomUUID();
    await store.put(key, writeDocument('cluster', { id }));
    return id;
  });
}
