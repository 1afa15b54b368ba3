import type { AbortOption } from '../../abort.ts';
import { BulkheadError } from '../../errors.ts';
import type { Mount } from '../../host/index.ts';
import {
  checkArgument,
  checkShape,
  filledText,
  flag,
  milliseconds,
  shapeOf,
  that,
} from '../../settings/option-shape.ts';
import { endAll } from '../../waiting/end-all.ts';
import { VaultRequestError } from '../errors.ts';
import { sendLogin } from '../requests/login.ts';
import { isObject } from '../requests/raw-answer.ts';
import { brokenAnswer, readNames, refuseRaw } from '../requests/reply.ts';
import {
  checkRequest,
  checkRequestArguments,
  toJson,
  type VaultRequest,
  type VaultRequestOptions,
} from '../requests/request.ts';
import type { VaultData, VaultLease, VaultLogin, VaultResponse } from '../requests/response.ts';
import { isRead, type VaultOperation } from '../requests/operations.ts';
import { renewOptions } from './mount-options.ts';
import { Periodic } from './periodic.ts';
import type { Requester } from './requester.ts';
import type { Sessions } from './sessions.ts';
import type { SharedArea } from './shared-area.ts';
import type { SpecialPaths } from './special-paths.ts';
import type { VaultHelp, VaultMount } from './vault-mount.ts';

export interface MountParts {
  readonly path: string;
  readonly uuid: string;
  readonly type: 'secret' | 'auth';
  readonly name: string;
  readonly mount: Mount;
  readonly area: SharedArea;
  readonly sessions: Sessions;
  readonly requester: Requester;
  readonly rollbackMs: number | undefined;
  readonly problem: (what: string, error: unknown) => void;
  /** Deletes everything that the mount has in the storage. */
  readonly erase: () => Promise<void>;
}

const closeOptions = shapeOf<{ drainMs?: number }>({ drainMs: milliseconds });
const destroyOptions = shapeOf<{ force?: boolean }>({ force: flag });

export class OpenedMount implements VaultMount {
  readonly path: string;
  readonly uuid: string;
  readonly type: 'secret' | 'auth';
  readonly name: string;
  readonly mount: Mount;
  readonly #parts: MountParts;
  readonly #rollbacks: Periodic;
  readonly #life = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(parts: MountParts) {
    this.path = parts.path;
    this.uuid = parts.uuid;
    this.type = parts.type;
    this.name = parts.name;
    this.mount = parts.mount;
    this.#parts = parts;
    this.#rollbacks = new Periodic(
      () => this.#rollback(),
      parts.rollbackMs,
      () => !parts.mount.closed && parts.area.isFirst(this),
    );
  }

  get specialPaths(): SpecialPaths {
    return this.#parts.sessions.specialPaths;
  }

  get reportedVersion(): string {
    return this.#parts.sessions.reportedVersion;
  }

  async read(path: string, data?: VaultData, options?: VaultRequestOptions) {
    return this.#do('read', path, data, options);
  }

  async write(path: string, data?: VaultData, options?: VaultRequestOptions) {
    checkRequestArguments('mount.write', path, data, options);
    // Both calls have to be over within the time limit of the request.
    const deadline = options?.timeoutMs === undefined ? undefined : performance.now() + options.timeoutMs;
    const exists = await this.#parts.requester.exists({ ...options, operation: 'update', path, data });
    const left = deadline === undefined ? undefined : Math.max(1, deadline - performance.now());
    return this.#do(exists === false ? 'create' : 'update', path, data, { ...options, timeoutMs: left });
  }

  async patch(path: string, data?: VaultData, options?: VaultRequestOptions) {
    return this.#do('patch', path, data, options);
  }

  async delete(path: string, data?: VaultData, options?: VaultRequestOptions) {
    return this.#do('delete', path, data, options);
  }

  async list(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<string[]> {
    const response = await this.#do('list', path, data, options);
    if (response?.raw?.status !== 404) refuseRaw({ operation: 'list', path }, response);
    return readNames({ operation: 'list', path }, response);
  }

  async help(path: string, options?: VaultRequestOptions): Promise<VaultHelp> {
    const { data = {} } = (await this.#do('help', path, undefined, options)) ?? {};
    const { help, see_also: seeAlso, openapi } = data;
    return {
      text: typeof help === 'string' ? help : '',
      seeAlso: Array.isArray(seeAlso) ? seeAlso.filter((each) => typeof each === 'string') : [],
      openapi: isObject(openapi) ? openapi : undefined,
    };
  }

  async exists(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<boolean | undefined> {
    checkRequestArguments('mount.exists', path, data, options);
    return this.#parts.requester.exists({ ...options, operation: 'update', path, data });
  }

  async login(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultLogin> {
    checkRequestArguments('mount.login', path, data, options);
    const request = { unauthenticated: true, ...options, operation: 'update', path, data } as const;
    const response = await this.#parts.requester.request(request);
    if (response?.login === undefined) throw brokenAnswer(request, 'it grants no login');
    return response.login;
  }

  async renewLogin(
    login: VaultLogin,
    path: string,
    data?: VaultData,
    options: VaultRequestOptions & { readonly incrementMs?: number | undefined } = {},
  ): Promise<VaultLogin> {
    checkArgument('mount.renewLogin', 'login', aLogin, login);
    const { incrementMs, ...others } = options;
    checkRequestArguments('mount.renewLogin', path, data, others);
    checkShape('mount.renewLogin', renewOptions, { incrementMs });
    if (!login.renewable)
      throw new BulkheadError('VAULT_LEASE_NOT_RENEWABLE', `the login at ${path} is not renewable`);
    const auth = sendLogin(login, toJson(login.internalData, 'login'), incrementMs ?? 0);
    const request = { ...others, operation: 'renew', path, data } as const;
    const response = await this.#parts.requester.request(request, { auth });
    return response?.login === undefined ? login : { ...response.login, issuedAt: login.issuedAt };
  }

  async request(request: VaultRequest): Promise<VaultResponse | undefined> {
    checkRequest(request);
    return this.#parts.requester.request(request);
  }

  leases(): Promise<VaultLease[]> {
    return this.#parts.area.leases.all();
  }

  async renew(
    leaseId: string,
    options: AbortOption & { readonly incrementMs?: number | undefined } = {},
  ): Promise<VaultLease> {
    checkArgument('mount.renew', 'leaseId', filledText, leaseId);
    checkShape('mount.renew', renewOptions, options);
    return this.#parts.area.leases.renew(leaseId, options);
  }

  async revoke(leaseId: string, options: AbortOption = {}): Promise<void> {
    checkArgument('mount.revoke', 'leaseId', filledText, leaseId);
    checkShape('mount.revoke', renewOptions, options);
    return this.#parts.area.leases.revoke(leaseId, options);
  }

  rollback(): Promise<void> {
    return this.#rollbacks.now();
  }

  invalidate(key: string): void {
    checkArgument('mount.invalidate', 'key', filledText, key);
    this.#parts.sessions.invalidate(key);
  }

  async close(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    checkShape('mount.close', closeOptions, options);
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async destroy(options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    checkShape('mount.destroy', destroyOptions, options);
    for (const { id } of await this.leases()) {
      await this.revoke(id).catch((error: unknown) => {
        if (options.force !== true) throw error;
        this.#parts.problem(`the lease ${id} is given up without having been revoked`, error);
      });
    }
    await this.close();
    await this.#parts.erase();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- implementation

  async #do(
    operation: VaultOperation,
    path: string,
    data: VaultData | undefined,
    options: VaultRequestOptions | undefined,
  ): Promise<VaultResponse | undefined> {
    checkRequestArguments(`mount.${operation}`, path, data, options);
    const response = await this.#parts.requester.request({ ...options, operation, path, data });
    // Who reads sees the status; who writes has to be told that nothing was written.
    if (!isRead(operation)) refuseRaw({ operation, path }, response);
    return response;
  }

  /** A plugin without a rollback is no failure. */
  async #rollback(): Promise<void> {
    try {
      await this.#parts.requester.request({ operation: 'rollback', path: '', signal: this.#life.signal });
    } catch (error) {
      if (isUnsupported(error)) return;
      if (!this.#life.signal.aborted && !this.mount.closed) this.#parts.problem('the rollback failed', error);
      throw error;
    }
  }

  async #close(options: { readonly drainMs?: number | undefined }): Promise<void> {
    const { area, requester, mount } = this.#parts;
    this.#life.abort(new BulkheadError('MOUNT_CLOSED', `the mount ${this.path} is closed`));
    await endAll([
      () => this.#rollbacks.end(),
      () => area.leases.detach(requester.leaseHost),
      () => {
        area.leave(this);
      },
      () => mount.close(options),
    ]);
  }
}

const aLogin = that(
  (value) => isObject(value) && isObject(value['internalData']) && value['issuedAt'] instanceof Date,
  'must be a login, as mount.login returns it',
);

function isUnsupported(error: unknown): boolean {
  return (
    error instanceof VaultRequestError && ['unsupported-operation', 'unsupported-path'].includes(error.type)
  );
}
