/** What is kept of a lease: enough to renew and to revoke it, also by a later process. */
import { isObject } from '../requests/raw-answer.ts';
import type { VaultLease } from '../requests/response.ts';
import type { Sent, WireSecret } from '../wire/messages.ts';
import { toDate, toMilliseconds, toNanoseconds, toTimestamp } from '../wire/time.ts';

export interface LeaseRecord {
  readonly id: string;
  /** Path of the request that made it, below the mount. */
  readonly path: string;
  /** JSON, as the plugin gave it: by this it recognises the secret. */
  readonly internalData: string;
  /** JSON of the answer's data. */
  readonly data: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly ttlMs: number;
  readonly maxTtlMs: number;
  readonly renewable: boolean;
}

export interface LeaseLimits {
  readonly defaultTtlMs: number;
  readonly maxTtlMs: number;
}

/** The times that a plugin's answer and the limits of the system give a secret. */
export function leaseTimes(
  secret: WireSecret,
  limits: LeaseLimits,
  begin: { readonly issuedAt: number; readonly now: number },
): Pick<LeaseRecord, 'issuedAt' | 'expiresAt' | 'ttlMs' | 'maxTtlMs' | 'renewable'> {
  const options = secret.lease_options;
  const asked = toMilliseconds(options?.TTL ?? 0);
  const askedMax = toMilliseconds(options?.MaxTTL ?? 0);
  const maxTtlMs = askedMax > 0 ? Math.min(askedMax, limits.maxTtlMs) : limits.maxTtlMs;
  const end = begin.issuedAt + maxTtlMs;
  const expiresAt = Math.min(begin.now + (asked > 0 ? asked : limits.defaultTtlMs), end);
  return {
    issuedAt: begin.issuedAt,
    expiresAt,
    ttlMs: Math.max(0, expiresAt - begin.now),
    maxTtlMs,
    renewable: options?.renewable ?? false,
  };
}

/** When the plugin says that it issued the secret, or now. */
export function issueTime(secret: WireSecret, now: number): number {
  const said = toDate(secret.lease_options?.issue_time ?? null)?.getTime();
  // A plugin's clock is not believed to be ahead, or a lease would outlive its longest time.
  return said === undefined ? now : Math.min(said, now);
}

export function leaseOf(record: LeaseRecord): VaultLease {
  const { id, ttlMs, maxTtlMs, renewable } = record;
  return {
    id,
    ttlMs,
    maxTtlMs,
    renewable,
    issuedAt: new Date(record.issuedAt),
    expiresAt: new Date(record.expiresAt),
  };
}

/** The secret as its plugin gets it back. */
export function sendSecret(record: LeaseRecord, incrementMs: number): Sent<WireSecret> {
  return {
    lease_id: record.id,
    internal_data: record.internalData,
    lease_options: {
      TTL: toNanoseconds(record.ttlMs),
      MaxTTL: toNanoseconds(record.maxTtlMs),
      renewable: record.renewable,
      increment: toNanoseconds(incrementMs),
      issue_time: toTimestamp(new Date(record.issuedAt)),
    },
  };
}

export function writeRecord(record: LeaseRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

/** @returns `undefined` for bytes that are no record */
export function readRecord(bytes: Uint8Array): LeaseRecord | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isObject(value)) return undefined;
    const texts = ['id', 'path', 'internalData', 'data'].every((name) => typeof value[name] === 'string');
    const numbers = ['issuedAt', 'expiresAt', 'ttlMs', 'maxTtlMs'].every((name) =>
      Number.isFinite(value[name]),
    );
    return texts && numbers && typeof value['renewable'] === 'boolean'
      ? (value as unknown as LeaseRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
