/**
 * `bulkhead/vault`: what Vault's and OpenBao's plugin kinds need on top of go-plugin.
 *
 * So far the handshakes: with them a Vault plugin starts and answers. Clients for its services are not here yet.
 */
import type { PluginKind } from '../kinds/index.ts';
import { vaultKinds } from '../kinds/vault/kinds.ts';

/** How Vault greets one kind of plugin (Vault: `sdk/plugin` and `sdk/database/dbplugin/v5`). */
export interface VaultPluginKind {
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  /** Application protocol versions that hosts of today offer. */
  readonly protocolVersions: readonly number[];
}

/** Secret engines and auth methods: service `pb.Backend`, version 5. */
export const vaultBackend: VaultPluginKind = flat(vaultKinds.secret);

/** Database plugins: service `dbplugin.v5.Database`; 5 is one instance per process, 6 is multiplexed. */
export const vaultDatabase: VaultPluginKind = flat(vaultKinds.database);

function flat({ handshake, protocolVersions }: PluginKind): VaultPluginKind {
  return { ...handshake, protocolVersions };
}
