/**
 * `bulkhead/vault`: what Vault's and OpenBao's plugin kinds need on top of go-plugin.
 *
 * So far the handshakes: with them a Vault plugin starts and answers. Clients for its services are not here yet.
 */

/** How Vault greets one kind of plugin (Vault: `sdk/plugin` and `sdk/database/dbplugin/v5`). */
export interface VaultPluginKind {
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  /** Application protocol versions that hosts of today offer. */
  readonly protocolVersions: readonly number[];
}

/** Secret engines and auth methods: service `pb.Backend`, version 5. */
export const vaultBackend: VaultPluginKind = {
  magicCookieKey: 'VAULT_BACKEND_PLUGIN',
  magicCookieValue: '6669da05-b1c8-4f49-97d9-c8e5bed98e20',
  protocolVersions: [5],
};

/** Database plugins: service `dbplugin.v5.Database`; 5 is one instance per process, 6 is multiplexed. */
export const vaultDatabase: VaultPluginKind = {
  magicCookieKey: 'VAULT_DATABASE_PLUGIN',
  magicCookieValue: '926a0820-aea2-be28-51d6-83cdf00e8edb',
  protocolVersions: [5, 6],
};
