/** The public interface of a mount of a secrets engine or an auth method. */
import type { AbortOption } from '../../abort.ts';
import type { Mount } from '../../host/index.ts';
import type { VaultRequest, VaultRequestOptions } from '../requests/request.ts';
import type { VaultData, VaultLease, VaultLogin, VaultResponse } from '../requests/response.ts';
import type { SpecialPaths } from './special-paths.ts';

export interface VaultHelp {
  readonly text: string;
  readonly seeAlso: readonly string[];
  /** OpenAPI document of the paths, where the plugin has one. */
  readonly openapi: VaultData | undefined;
}

/**
 * One use of a secrets engine or auth method of Vault or OpenBao. It survives the plugin that serves it: a plugin that
 * is started anew is set up and initialised before it gets the next request.
 *
 * Every request rejects with a VaultRequestError when the plugin refuses it or fails with it; otherwise as a call of
 * `Mount` does. Paths are below the mount, without a slash in front.
 */
export interface VaultMount extends AsyncDisposable {
  /** Where it is mounted, with a slash at the end, as the plugin is told. */
  readonly path: string;
  /** By this its data are found in the storage. */
  readonly uuid: string;
  readonly type: 'secret' | 'auth';
  readonly name: string;
  /** The version that the plugin reports; empty when it reports none. */
  readonly reportedVersion: string;
  readonly specialPaths: SpecialPaths;
  /** The mount of the host: which instance serves, and clients for other services of the plugin. */
  readonly mount: Mount;

  /** Resolves to `undefined` when there is nothing. */
  read(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultResponse | undefined>;
  /** Creates or updates, as the plugin says that there is nothing yet or something. */
  write(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultResponse | undefined>;
  patch(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultResponse | undefined>;
  delete(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultResponse | undefined>;
  /** Resolves to the names directly below the path; those of folders end with a slash. */
  list(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<string[]>;
  help(path: string, options?: VaultRequestOptions): Promise<VaultHelp>;
  /** Whether there is something at a path; `undefined` when the plugin does not say. */
  exists(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<boolean | undefined>;
  /** Logs in with an auth method: a request without a token, to `login` for most of them. */
  login(path: string, data?: VaultData, options?: VaultRequestOptions): Promise<VaultLogin>;
  /**
   * Asks the plugin whether a login goes on.
   *
   * @param path the path and the data of the login
   */
  renewLogin(
    login: VaultLogin,
    path: string,
    data?: VaultData,
    options?: VaultRequestOptions & { readonly incrementMs?: number | undefined },
  ): Promise<VaultLogin>;
  /** Any request, sent as it is: `update` stays `update`. */
  request(request: VaultRequest): Promise<VaultResponse | undefined>;

  /** The leases that have neither ended nor been revoked. */
  leases(): Promise<VaultLease[]>;
  /** @throws `VAULT_LEASE_NOT_FOUND`, `VAULT_LEASE_NOT_RENEWABLE`; VaultRequestError */
  renew(
    leaseId: string,
    options?: AbortOption & { readonly incrementMs?: number | undefined },
  ): Promise<VaultLease>;
  /** @throws `VAULT_LEASE_NOT_FOUND`; VaultRequestError, and then the lease is kept */
  revoke(leaseId: string, options?: AbortOption): Promise<void>;

  /** Sends the periodic rollback now, in which plugins clean up and rotate. Waits for one that is under way. */
  rollback(): Promise<void>;
  /** Tells the plugin that an entry of its storage was changed by somebody of whom this process does not know. */
  invalidate(key: string): void;

  /** Ends the mount; data and leases stay in the storage. Idempotent. */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
  /**
   * Revokes all leases, ends the mount, and deletes everything that it has in the storage.
   *
   * @throws the first error of a revocation, and then nothing is ended or deleted, unless `force` is set
   */
  destroy(options?: { readonly force?: boolean | undefined }): Promise<void>;
}
