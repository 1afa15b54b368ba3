/** What the command line does with the mounts that it keeps, in this process or by asking one that serves them. */
import type { AbortOption } from '../../abort.ts';
import type { VaultData } from '../requests/response.ts';
import type { KeptMount, WantedMount } from './mount-table.ts';

export type KeptOperation = 'read' | 'write' | 'patch' | 'delete' | 'list';

export interface KeptRequest {
  readonly operation: KeptOperation;
  /** With the path of the mount in front. */
  readonly path: string;
  readonly data: VaultData;
}

/** The answer to a request, in the form that Vault has in JSON. */
export interface KeptAnswer {
  /** The HTTP status with which Vault would answer. */
  readonly status: number;
  readonly lease_id: string;
  /** In seconds. */
  readonly lease_duration: number;
  readonly renewable: boolean;
  readonly data: VaultData;
  readonly warnings: readonly string[];
  /** What a login grants. */
  readonly auth: Readonly<Record<string, unknown>> | null;
  readonly wrap_info: Readonly<Record<string, unknown>> | null;
  /** The body of an HTTP response of the plugin's own that is not an answer of Vault's. */
  readonly body: { readonly content_type: string; readonly text: string } | null;
}

/** Every method rejects with the errors of the library. */
export interface Mounts {
  list(options: AbortOption): Promise<readonly KeptMount[]>;
  enable(wanted: WantedMount, options: AbortOption): Promise<KeptMount>;
  /**
   * Ends a mount and deletes its data.
   *
   * @returns whether there was one
   */
  disable(path: string, options: AbortOption & { readonly force: boolean }): Promise<boolean>;
  /** @returns `undefined` when the plugin answers nothing */
  request(request: KeptRequest, options: AbortOption): Promise<KeptAnswer | undefined>;
}
