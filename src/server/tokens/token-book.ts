/** The tokens of a directory: made, listed, revoked and recognised. A document for each of them holds the hash alone. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { AbortOption } from '../../abort.ts';
import { fileStore, type CatalogStore } from '../../catalog/index.ts';
import {
  readDocument,
  readDocuments,
  writeDocument,
  type DocumentForm,
  type TrustedDirectory,
} from '../../catalog/internal.ts';
import { isScope } from './scope.ts';
import type { TokenInfo, TokenScope } from './caller.ts';

export interface WantedToken {
  readonly name: string;
  readonly scope: TokenScope;
  /** In milliseconds; absent for a token that never ends. */
  readonly ttlMs?: number | undefined;
}

interface TokenRecord extends TokenInfo {
  /** SHA-256 of the whole token, in hexadecimal digits. */
  readonly hash: string;
}

const tokenForm = /^bulkhead\.([0-9a-f]{16})\.[A-Za-z0-9_-]{43}$/;

export class TokenBook {
  readonly #store: CatalogStore;
  readonly #seen = new Map<string, { readonly mark: string; readonly record: TokenRecord }>();

  constructor({ directory, trustedOwners }: TrustedDirectory) {
    this.#store = fileStore(directory, { trustedOwners });
  }

  /** @returns the token, which is shown nowhere else. @throws StoreError */
  async create(
    { name, scope, ttlMs }: WantedToken,
    options: AbortOption = {},
  ): Promise<{ readonly token: string; readonly info: TokenInfo }> {
    const id = randomBytes(8).toString('hex');
    const token = `bulkhead.${id}.${randomBytes(32).toString('base64url')}`;
    const now = Date.now();
    const info: TokenInfo = {
      ...{ id, name, scope, createdAt: new Date(now) },
      ...(ttlMs !== undefined && { expiresAt: new Date(now + ttlMs) }),
    };
    await this.#store.exclusively(async () => {
      await this.#removeEnded(now);
      await this.#store.put(keyOf(id), writeDocument('token', fieldsOf({ ...info, hash: hashOf(token) })));
    }, options);
    return { token, info };
  }

  /** The tokens that have not ended, the oldest first. @throws StoreError */
  async list(): Promise<TokenInfo[]> {
    const now = Date.now();
    const { entries } = await readDocuments(this.#store, [folder], form);
    return entries
      .filter((each) => !hasEnded(each, now))
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      .map(infoOf);
  }

  /** Resolves to whether there was one. @throws StoreError */
  async revoke(id: string, options: AbortOption = {}): Promise<boolean> {
    if (!/^[0-9a-f]{16}$/.test(id)) return false;
    return this.#store.exclusively(() => this.#store.delete(keyOf(id)), options);
  }

  /** Who sends this token; `undefined` for one that was never made, is revoked, or has ended. @throws StoreError */
  async find(token: string): Promise<TokenInfo | undefined> {
    const id = tokenForm.exec(token)?.[1];
    const record = id === undefined ? undefined : await this.#record(id);
    const known = Buffer.from(record?.hash ?? hashOf(''), 'hex');
    const isRight = timingSafeEqual(known, Buffer.from(hashOf(token), 'hex'));
    if (record === undefined || !isRight || hasEnded(record, Date.now())) return undefined;
    return infoOf(record);
  }

  /** Reads a record again only when its file is another one by now. */
  async #record(id: string): Promise<TokenRecord | undefined> {
    const key = keyOf(id);
    const found = await stat(this.#store.place(key), { bigint: true }).catch(() => undefined);
    const mark = found === undefined ? undefined : `${found.ino} ${found.ctimeNs} ${found.size}`;
    const seen = this.#seen.get(id);
    if (seen !== undefined && seen.mark === mark) return seen.record;
    this.#seen.delete(id);
    if (mark === undefined) return undefined;
    const record = await readDocument(this.#store, key, form);
    if (record?.id !== id) return undefined;
    this.#seen.set(id, { mark, record });
    return record;
  }

  async #removeEnded(now: number): Promise<void> {
    const { entries } = await readDocuments(this.#store, [folder], form);
    for (const each of entries) if (hasEnded(each, now)) await this.#store.delete(keyOf(each.id));
  }
}

const folder = 'tokens';

function keyOf(id: string): readonly string[] {
  return [folder, id];
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function hasEnded({ expiresAt }: TokenInfo, now: number): boolean {
  return expiresAt !== undefined && expiresAt.getTime() <= now;
}

function infoOf({ id, name, scope, createdAt, expiresAt }: TokenRecord): TokenInfo {
  return { id, name, scope, createdAt, ...(expiresAt !== undefined && { expiresAt }) };
}

const time = z.iso.datetime().transform((value) => new Date(value));

const form: DocumentForm<TokenRecord> = {
  kind: 'token',
  schema: z
    .strictObject({
      id: z.string().regex(/^[0-9a-f]{16}$/),
      name: z.string(),
      scope: z.custom<TokenScope>(isScope),
      created_at: time,
      expires_at: time.optional(),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .transform(({ created_at: createdAt, expires_at: expiresAt, ...rest }) => ({
      ...rest,
      createdAt,
      ...(expiresAt !== undefined && { expiresAt }),
    })),
};

function fieldsOf({ createdAt, expiresAt, ...rest }: TokenRecord): Record<string, unknown> {
  return {
    ...rest,
    created_at: createdAt.toISOString(),
    ...(expiresAt !== undefined && { expires_at: expiresAt.toISOString() }),
  };
}
