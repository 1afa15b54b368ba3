/** The kinds of plugins that every host knows: Vault's and OpenBao's. */
import type { PluginKind } from '../plugin-kind.ts';
import { probeBackend, probeDatabase } from './probe.ts';

/** The version of Vault that plugins are told: that of the Vault whose behaviour is followed. */
export const vaultVersion = '1.21.4';

/**
 * Variables in both families: plugins of OpenBao read the BAO ones first. In metadata mode a plugin would answer only
 * questions about itself. AutoMTLS spares it from fetching certificates.
 */
const env = bothFamilies({
  VERSION: vaultVersion,
  PLUGIN_METADATA_MODE: 'false',
  PLUGIN_AUTOMTLS_ENABLED: 'true',
});
const mlockEnv = bothFamilies({ PLUGIN_MLOCK_ENABLED: 'true' });

function bothFamilies(variables: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(variables);
  return Object.fromEntries(
    ['VAULT', 'BAO'].flatMap((family) => entries.map(([name, value]) => [`${family}_${name}`, value])),
  );
}

/** The plugin tells its mounts apart by this id (Vault: sdk/helper/pluginutil). */
const metadata = (mountId: string) => ({ multiplex_id: mountId });

/** Secrets engines and auth methods (Vault: sdk/plugin, version 5). */
const backend: PluginKind = {
  handshake: {
    magicCookieKey: 'VAULT_BACKEND_PLUGIN',
    magicCookieValue: '6669da05-b1c8-4f49-97d9-c8e5bed98e20',
  },
  protocolVersions: [5],
  env,
  mlockEnv,
  sharing: 'ask',
  metadata,
  probe: probeBackend,
};

/**
 * Database plugins (Vault: sdk/database/dbplugin/v5). Version 5 has one instance for each mount; version 6 is shared.
 */
const database: PluginKind = {
  handshake: {
    magicCookieKey: 'VAULT_DATABASE_PLUGIN',
    magicCookieValue: '926a0820-aea2-be28-51d6-83cdf00e8edb',
  },
  protocolVersions: [5, 6],
  env,
  mlockEnv,
  sharing: 'ask',
  metadata,
  probe: probeDatabase,
};

export const vaultKinds = { auth: backend, secret: backend, database } as const satisfies Record<
  string,
  PluginKind
>;
