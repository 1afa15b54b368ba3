/**
 * Encryption of a storage on disk. Names and values are encrypted and authenticated with keys that follow from the
 * caller's key and the id of the storage, so a file that is altered, moved or renamed is recognised.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { StorageEntry } from '../storage.ts';

export const keyBytes = 32;

export interface SealingKeys {
  readonly values: Buffer;
  readonly nameTags: Buffer;
  readonly names: Buffer;
  /** Tells whether the key is the right one without telling anything else about it. */
  readonly check: Buffer;
}

export function sealingKeys(key: Uint8Array, storageId: string): SealingKeys {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, storageId, `bulkhead vault storage: ${purpose}`, keyBytes));
  return {
    values: derive('values'),
    nameTags: derive('tags of names'),
    names: derive('names'),
    check: derive('check'),
  };
}

const magic = Buffer.from('BHV1');
const saltBytes = 32;
const tagBytes = 16;
/** Every file has a key of its own, so the nonce may be the same for all of them. */
const nonce = Buffer.alloc(12);

/** @returns magic, salt, AES-256-GCM of the flags and the value, tag */
export function sealEntry(keys: SealingKeys, key: string, entry: StorageEntry): Buffer {
  const salt = randomBytes(saltBytes);
  const cipher = createCipheriv('aes-256-gcm', fileKey(keys, salt), nonce, { authTagLength: tagBytes });
  cipher.setAAD(authenticated(key));
  const flags = cipher.update(Uint8Array.of(entry.sealWrap === true ? 1 : 0));
  return Buffer.concat([magic, salt, flags, cipher.update(entry.value), cipher.final(), cipher.getAuthTag()]);
}

/** @returns `undefined` for bytes that are not what `sealEntry` made of an entry with this key */
export function openEntry(keys: SealingKeys, key: string, bytes: Buffer): StorageEntry | undefined {
  const begin = magic.length + saltBytes;
  if (bytes.length < begin + 1 + tagBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  const salt = bytes.subarray(magic.length, begin);
  const decipher = createDecipheriv('aes-256-gcm', fileKey(keys, salt), nonce, { authTagLength: tagBytes });
  decipher.setAAD(authenticated(key));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const plain = decipher.update(bytes.subarray(begin, -tagBytes));
    decipher.final();
    return { value: plain.subarray(1), sealWrap: plain[0] === 1 };
  } catch {
    return undefined;
  }
}

function fileKey(keys: SealingKeys, salt: Uint8Array): Buffer {
  return createHmac('sha256', keys.values).update(salt).digest();
}

function authenticated(key: string): Buffer {
  return Buffer.concat([magic, Buffer.from(key)]);
}

/**
 * Encrypts one part of a key. The same part below the same parent always becomes the same name, so that it can be
 * found; its tag is also the nonce, as in SIV (RFC 5297).
 */
export function sealName(keys: SealingKeys, parent: string, name: string): string {
  const bytes = Buffer.from(name);
  const tag = nameTag(keys, parent, bytes);
  const cipher = createCipheriv('aes-256-ctr', keys.names, tag);
  return Buffer.concat([tag, cipher.update(bytes), cipher.final()]).toString('base64url');
}

/** @returns `undefined` for a text that is not what `sealName` made below this parent */
export function openName(keys: SealingKeys, parent: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < tagBytes || bytes.toString('base64url') !== sealed) return undefined;
  const tag = bytes.subarray(0, tagBytes);
  const decipher = createDecipheriv('aes-256-ctr', keys.names, tag);
  const name = Buffer.concat([decipher.update(bytes.subarray(tagBytes)), decipher.final()]);
  return timingSafeEqual(tag, nameTag(keys, parent, name)) ? name.toString('utf8') : undefined;
}

function nameTag(keys: SealingKeys, parent: string, name: Uint8Array): Buffer {
  const parentBytes = Buffer.from(parent);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(parentBytes.length);
  return createHmac('sha256', keys.nameTags)
    .update(length)
    .update(parentBytes)
    .update(name)
    .digest()
    .subarray(0, tagBytes);
}
