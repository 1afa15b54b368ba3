/** As much of the services of Vault's plugins as a host asks of them itself (Vault: sdk/plugin/pb, sdk/logical). */
import { bytesMethod, bytesField, varintField } from '../../goplugin/internal.ts';

/** Of secrets engines and auth methods. */
export const backend = {
  Setup: bytesMethod('/pb.Backend/Setup'),
  Initialize: bytesMethod('/pb.Backend/Initialize'),
  Type: bytesMethod('/pb.Backend/Type'),
  Cleanup: bytesMethod('/pb.Backend/Cleanup'),
} as const;

export const pluginVersion = { Version: bytesMethod('/logical.PluginVersion/Version') } as const;

/** Of the host, under the id of the broker that `Setup` tells. */
export const storage = {
  List: bytesMethod('/pb.Storage/List'),
  Get: bytesMethod('/pb.Storage/Get'),
  Put: bytesMethod('/pb.Storage/Put'),
  Delete: bytesMethod('/pb.Storage/Delete'),
} as const;

/** The same. */
export const systemView = {
  DefaultLeaseTTL: bytesMethod('/pb.SystemView/DefaultLeaseTTL'),
  MaxLeaseTTL: bytesMethod('/pb.SystemView/MaxLeaseTTL'),
} as const;

/** An empty configuration. */
export function setupRequest(brokerId: number, backendUuid: string): Buffer {
  return Buffer.concat([varintField(1, brokerId), bytesField(3, backendUuid)]);
}
