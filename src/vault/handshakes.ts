/** The handshakes of Vault's plugins, for programs that start them without a host. */
import type { PluginKind } from '../kinds/index.ts';
import { vaultKinds } from '../kinds/vault/kinds.ts';

/** The handshake of one kind of Vault's plugins (Vault: `sdk/plugin` and `sdk/database/dbplugin/v5`). */
export interface VaultPluginKind {
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  /** Application protocol versions that current hosts offer. */
  readonly protocolVersions: readonly number[];
}

/** Secret engines and auth methods: service `pb.Backend`, version 5. */
export const vaultBackend: VaultPluginKind = flat(vaultKinds.secret);

/**
 * Database plugins: service `dbplugin.v5.Database`. Version 5 is one instance per process, version 6 is multiplexed.
 */
export const vaultDatabase: VaultPluginKind = flat(vaultKinds.database);

function flat({ handshake, protocolVersions }: PluginKind): VaultPluginKind {
  return { ...handshake, protocolVersions };
}
