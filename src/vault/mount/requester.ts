/** Sends the requests of a mount to whichever plugin serves, and keeps the leases of what it answers. */
import { PluginCallError } from '../../goplugin/index.ts';
import type { Mount, RoutedClientFor } from '../../host/index.ts';
import { leaseOf, leaseTimes, issueTime, sendSecret, type LeaseLimits } from '../leases/lease-record.ts';
import type { LeaseBook, LeaseBookHost, SendLease } from '../leases/lease-book.ts';
import { isRead, pathFor, type VaultOperation } from '../requests/operations.ts';
import { readNames, readObject, readReply, refuseError, type Asked } from '../requests/reply.ts';
import { sendRequest, type MountFacts, type VaultRequest } from '../requests/request.ts';
import type { VaultLease, VaultResponse } from '../requests/response.ts';
import type { Sent, WireReply, WireRequest, WireSecret } from '../wire/messages.ts';
import type { BackendService } from '../wire/services.ts';
import type { Sessions } from './sessions.ts';
import { matchesPath } from './special-paths.ts';

export interface RequesterParts {
  readonly mount: Mount;
  readonly backend: BackendService;
  readonly sessions: Sessions;
  readonly facts: MountFacts;
  readonly limits: LeaseLimits;
  readonly leases: LeaseBook;
  readonly problem: (what: string, error: unknown) => void;
  /** How often the storage has failed, and how at last. */
  readonly storageFailures: { readonly count: number; readonly last: unknown };
}

/** Options of a request that nobody waits for, in milliseconds. */
const backgroundMs = 60_000;
/** Operations whose answers make no new lease. */
const leaseOperations: readonly VaultOperation[] = ['renew', 'revoke', 'rollback'];

export class Requester {
  readonly #parts: RequesterParts;
  readonly #client: RoutedClientFor<BackendService>;
  readonly leaseHost: LeaseBookHost;

  constructor(parts: RequesterParts) {
    this.#parts = parts;
    this.#client = parts.mount.client(parts.backend);
    const { limits, problem, mount } = parts;
    this.leaseHost = {
      limits,
      problem,
      send: (...given) => this.#sendLease(...given),
      get closed() {
        return mount.closed;
      },
    };
  }

  /** @throws VaultRequestError; the errors of a call; InvalidOptionError for data that are not JSON */
  async request(
    request: VaultRequest,
    extra: Sent<Pick<WireRequest, 'secret' | 'auth'>> = {},
  ): Promise<VaultResponse | undefined> {
    const asked = { operation: request.operation, path: pathFor(request.operation, request.path ?? '') };
    const { reply, response } = await this.#send(asked, request, { ...this.#wire(request), ...extra });
    if (response === undefined || reply.response === null) return undefined;
    if (request.operation === 'list' || request.operation === 'scan') readNames(asked, response);
    const { secret, data } = reply.response;
    if (secret === null || leaseOperations.includes(request.operation)) return response;
    return { ...response, lease: await this.#lease(asked, secret, data) };
  }

  /** @returns `undefined` when the plugin has no answer to that */
  async exists(request: VaultRequest): Promise<boolean | undefined> {
    const asked = { operation: 'update', path: request.path ?? '' } as const;
    await this.#parts.sessions.informed(request.signal);
    const { timeoutMs, signal } = request;
    try {
      const { check_found, exists, err } = await this.#client.HandleExistenceCheck(
        { request: this.#wire({ ...request, operation: 'update' }) },
        { timeoutMs, signal, idempotent: true },
      );
      // The request itself says in better words that there is no such path (Vault: request_handling.go).
      if (err?.err_type === unsupportedPath) return undefined;
      refuseError(asked, err);
      return check_found ? exists : undefined;
    } catch (error) {
      if (error instanceof PluginCallError && error.status === 'UNIMPLEMENTED') return undefined;
      throw error;
    }
  }

  #wire(request: VaultRequest): Sent<WireRequest> {
    const { specialPaths } = this.#parts.sessions;
    const { path = '', operation } = request;
    // What the host itself sends on behalf of a lease or a login is no request without a token, whatever its path.
    const unauthenticated =
      request.unauthenticated ??
      (!leaseOperations.includes(operation) && matchesPath(specialPaths.unauthenticated, path));
    return sendRequest({ ...request, unauthenticated }, this.#parts.facts);
  }

  async #send(
    asked: Asked,
    { timeoutMs, signal, idempotent = isRead(asked.operation) }: Omit<VaultRequest, 'operation'>,
    request: Sent<WireRequest>,
  ): Promise<{ readonly reply: WireReply; readonly response: VaultResponse | undefined }> {
    const { sessions, storageFailures } = this.#parts;
    await sessions.informed(signal);
    const before = storageFailures.count;
    const reply = await this.#client.HandleRequest({ request }, { timeoutMs, signal, idempotent });
    // A plugin tells only that its storage failed. What failed there during the request is the likely cause.
    const cause = storageFailures.count > before ? storageFailures.last : undefined;
    return { reply, response: readReply(asked, reply, cause) };
  }

  async #lease(asked: Asked, secret: WireSecret, data: string): Promise<VaultLease> {
    const { leases, limits, facts } = this.#parts;
    const internal = readObject(asked, secret.internal_data || 'null', 'of the secret');
    if (Object.keys(internal).length > 0)
      return leases.add(this.leaseHost, secret, { mountPath: facts.mountPoint, path: asked.path, data });
    const now = Date.now();
    const times = leaseTimes(secret, limits, { issuedAt: issueTime(secret, now), now });
    return leaseOf({ id: '', path: asked.path, internalData: '', data: '', ...times, renewable: false });
  }

  readonly #sendLease: SendLease = async (operation, record, { incrementMs = 0, signal }) => {
    const asked = { operation, path: record.path };
    const request = {
      ...this.#wire({ operation, path: record.path }),
      data: record.data || '{}',
      secret: sendSecret(record, incrementMs),
    };
    const { reply } = await this.#send(asked, { timeoutMs: backgroundMs, signal }, request);
    return reply.response;
  };
}

/** Number of the error (Vault: sdk/plugin/pb). */
const unsupportedPath = 6;
