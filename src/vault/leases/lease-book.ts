/** The leases of a mount: kept in its storage, renewed and revoked on demand, revoked when their time is over. */
import { randomBytes } from 'node:crypto';
import { BulkheadError } from '../../errors.ts';
import { longestTimerMs } from '../../settings/option-shape.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { VaultRequestError } from '../errors.ts';
import type { VaultLease } from '../requests/response.ts';
import type { StorageArea } from '../storage/area.ts';
import type { WireReply, WireSecret } from '../wire/messages.ts';
import {
  issueTime,
  leaseOf,
  leaseTimes,
  readRecord,
  writeRecord,
  type LeaseLimits,
  type LeaseRecord,
} from './lease-record.ts';
import { inParallel } from './in-parallel.ts';

/** Sends a `renew` or `revoke` to the plugin. @throws VaultRequestError, and the errors of a call */
export type SendLease = (
  operation: 'renew' | 'revoke',
  record: LeaseRecord,
  options: { readonly incrementMs?: number; readonly signal?: AbortSignal | undefined },
) => Promise<WireReply['response']>;

export interface LeaseBookHost {
  /** Whether it can't send any more. */
  readonly closed: boolean;
  readonly limits: LeaseLimits;
  readonly send: SendLease;
  /** Called when a lease could not be revoked. */
  problem(what: string, error: unknown): void;
}

interface Due {
  expiresAt: number;
  /** Revocations that failed. */
  failed: number;
  retryAt: number | undefined;
}

/** As Vault: a revocation that fails is tried again after 10, 20, 40, 80 and 160 seconds, and then given up. */
const firstRetryMs = 10_000;
const mostTries = 6;
const revocationsAtOnce = 8;
const readsAtOnce = 16;

export class LeaseBook {
  readonly #area: StorageArea;
  /** The hosts that can send to the plugin; the first one does. */
  readonly #hosts: LeaseBookHost[] = [];
  readonly #due = new Map<string, Due>();
  readonly #locks = new KeyedLock();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #revoking: Promise<void> | undefined;

  constructor(area: StorageArea) {
    this.#area = area;
  }

  /** Begins to look after the leases that are kept in the storage. @throws VaultStorageError */
  async attach(host: LeaseBookHost): Promise<void> {
    this.#hosts.push(host);
    if (this.#hosts.length > 1) return;
    await inParallel(await this.#area.list(''), readsAtOnce, async (key) => {
      const record = await this.#load(key);
      if (record === undefined) host.problem(`the lease ${key} can't be read`, new Error('it is no record'));
      else this.#due.set(key, { expiresAt: record.expiresAt, failed: 0, retryAt: undefined });
    });
    this.#schedule();
  }

  /** Stops looking after them, unless another host does. What is being revoked is waited for. */
  async detach(host: LeaseBookHost): Promise<void> {
    const at = this.#hosts.indexOf(host);
    if (at !== -1) this.#hosts.splice(at, 1);
    if (this.#hosts.length > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#due.clear();
    await this.#revoking;
  }

  /** Keeps a new lease. If it can't be kept it is revoked, so that no secret is left behind. @throws VaultStorageError */
  async add(
    host: LeaseBookHost,
    secret: WireSecret,
    made: { readonly mountPath: string; readonly path: string; readonly data: string },
  ): Promise<VaultLease> {
    const now = Date.now();
    const key = randomBytes(18).toString('base64url');
    const record: LeaseRecord = {
      id: `${made.mountPath}${made.path === '' || made.path.endsWith('/') ? made.path : `${made.path}/`}${key}`,
      path: made.path,
      internalData: secret.internal_data || '{}',
      data: made.data,
      ...leaseTimes(secret, host.limits, { issuedAt: issueTime(secret, now), now }),
    };
    try {
      await this.#area.put(key, { value: writeRecord(record) });
    } catch (error) {
      await host.send('revoke', record, {}).catch((failure: unknown) => {
        host.problem(`the lease ${record.id} could neither be kept nor revoked`, failure);
      });
      throw error;
    }
    this.#due.set(key, { expiresAt: record.expiresAt, failed: 0, retryAt: undefined });
    this.#schedule();
    return leaseOf(record);
  }

  /** @throws `VAULT_LEASE_NOT_FOUND` */
  async get(id: string): Promise<VaultLease> {
    return leaseOf(await this.#known(keyOf(id), id));
  }

  async all(): Promise<VaultLease[]> {
    const leases: VaultLease[] = [];
    await inParallel([...this.#due.keys()], readsAtOnce, async (key) => {
      const record = await this.#load(key);
      if (record !== undefined) leases.push(leaseOf(record));
    });
    return leases;
  }

  /** @throws `VAULT_LEASE_NOT_FOUND`, `VAULT_LEASE_NOT_RENEWABLE`; VaultRequestError */
  renew(
    id: string,
    { incrementMs = 0, signal }: { incrementMs?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<VaultLease> {
    const key = keyOf(id);
    return this.#locks.take(
      key,
      async () => {
        const record = await this.#known(key, id);
        if (record.expiresAt <= Date.now()) throw notFound(id);
        if (!record.renewable)
          throw new BulkheadError('VAULT_LEASE_NOT_RENEWABLE', `the lease ${id} is not renewable`);
        const host = this.#host();
        const response = await host.send('renew', record, { incrementMs, signal });
        if (!response?.secret) return leaseOf(record);
        const renewed: LeaseRecord = {
          ...record,
          internalData: response.secret.internal_data || record.internalData,
          data: response.data || record.data,
          ...leaseTimes(response.secret, host.limits, { issuedAt: record.issuedAt, now: Date.now() }),
        };
        await this.#area.put(key, { value: writeRecord(renewed) });
        this.#due.set(key, { expiresAt: renewed.expiresAt, failed: 0, retryAt: undefined });
        this.#schedule();
        return leaseOf(renewed);
      },
      { signal },
    );
  }

  /** @throws `VAULT_LEASE_NOT_FOUND`; VaultRequestError, and then the lease is kept */
  revoke(id: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const key = keyOf(id);
    return this.#locks.take(key, async () => this.#revoke(key, await this.#known(key, id), signal), {
      signal,
    });
  }

  async #revoke(key: string, record: LeaseRecord, signal?: AbortSignal): Promise<void> {
    await this.#host().send('revoke', record, { signal });
    await this.#area.delete(key);
    this.#due.delete(key);
  }

  #host(): LeaseBookHost {
    const host = this.#hosts.find(({ closed }) => !closed);
    if (host === undefined) throw new BulkheadError('MOUNT_CLOSED', 'no mount is open that could send this');
    return host;
  }

  async #known(key: string, id: string): Promise<LeaseRecord> {
    const record = this.#due.has(key) ? await this.#load(key) : undefined;
    if (record?.id !== id) throw notFound(id);
    return record;
  }

  async #load(key: string): Promise<LeaseRecord | undefined> {
    const entry = await this.#area.get(key);
    return entry && readRecord(entry.value);
  }

  #schedule(): void {
    if (this.#revoking !== undefined || this.#hosts.length === 0) return; // it is done at its end
    let next = Infinity;
    for (const { expiresAt, retryAt, failed } of this.#due.values())
      if (failed < mostTries) next = Math.min(next, retryAt ?? expiresAt);
    if (next === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    if (next === Infinity) return;
    const wait = Math.min(Math.max(0, next - Date.now()), longestTimerMs);
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#revoking = this.#revokeDue().finally(() => {
        this.#revoking = undefined;
        this.#schedule();
      });
    }, wait).unref();
  }

  /** Never rejects. */
  async #revokeDue(): Promise<void> {
    const now = Date.now();
    const due = [...this.#due].filter(
      ([, { expiresAt, retryAt, failed }]) => failed < mostTries && (retryAt ?? expiresAt) <= now,
    );
    await inParallel(due, revocationsAtOnce, async ([key, state]) => {
      try {
        await this.#locks.take(key, async () => {
          const current = this.#due.get(key);
          if (current === undefined || current.expiresAt > Date.now()) return; // renewed or revoked meanwhile
          const record = await this.#load(key);
          if (record === undefined) this.#due.delete(key);
          else await this.#revoke(key, record);
        });
      } catch (error) {
        const isFinal = error instanceof VaultRequestError && error.type === 'unrecoverable';
        state.failed = isFinal ? mostTries : state.failed + 1;
        state.retryAt = Date.now() + firstRetryMs * 2 ** (state.failed - 1);
        const then = state.failed < mostTries ? 'it will be tried again' : 'it is given up';
        this.#hosts[0]?.problem(`the lease ${key} has ended and could not be revoked; ${then}`, error);
      }
    });
  }
}

/** A lease is kept under the last part of its id. */
function keyOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

function notFound(id: string): BulkheadError {
  return new BulkheadError('VAULT_LEASE_NOT_FOUND', `there is no lease ${id}`, {
    hint: 'It may have expired, or have been revoked.',
  });
}
