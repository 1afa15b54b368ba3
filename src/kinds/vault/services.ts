/** The methods of Vault's plugins that a host itself calls or serves (Vault: sdk/plugin/pb, sdk/logical). */
import { bytesMethod, bytesField, varintField } from '../../goplugin/internal.ts';

/** Served by secrets engines and auth methods. */
export const backend = {
  Setup: bytesMethod('/pb.Backend/Setup'),
  Initialize: bytesMethod('/pb.Backend/Initialize'),
  Type: bytesMethod('/pb.Backend/Type'),
  HandleRequest: bytesMethod('/pb.Backend/HandleRequest'),
  Cleanup: bytesMethod('/pb.Backend/Cleanup'),
} as const;

/** Served by database plugins (Vault: sdk/database/dbplugin/v5). */
export const database = { Type: bytesMethod('/dbplugin.v5.Database/Type') } as const;

export const pluginVersion = { Version: bytesMethod('/logical.PluginVersion/Version') } as const;

/** Served by the host, under the broker id that `Setup` carries. */
export const storage = {
  List: bytesMethod('/pb.Storage/List'),
  Get: bytesMethod('/pb.Storage/Get'),
  Put: bytesMethod('/pb.Storage/Put'),
  Delete: bytesMethod('/pb.Storage/Delete'),
} as const;

/** Served by the host under the same id. */
export const systemView = {
  DefaultLeaseTTL: bytesMethod('/pb.SystemView/DefaultLeaseTTL'),
  MaxLeaseTTL: bytesMethod('/pb.SystemView/MaxLeaseTTL'),
} as const;

/** A `Setup` request with an empty configuration. */
export function setupRequest(brokerId: number, backendUuid: string): Buffer {
  return Buffer.concat([varintField(1, brokerId), bytesField(3, backendUuid)]);
}
