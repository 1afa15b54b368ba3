/** A kind of plugin as plain data, in which it can be kept in a directory, and the kind that follows from it. */
import type { PluginKind } from './plugin-kind.ts';

export interface KindData {
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  readonly protocolVersions: readonly number[];
  readonly sharing: 'always' | 'never' | 'ask';
  /** What a plugin has to do when it is tried, besides starting. */
  readonly probe: 'none' | 'grpc-health';
  readonly env: Readonly<Record<string, string>>;
}

export function kindOfData(data: KindData): PluginKind {
  const { magicCookieKey, magicCookieValue, protocolVersions, sharing, probe, env } = data;
  return {
    handshake: { magicCookieKey, magicCookieValue },
    protocolVersions,
    sharing,
    env,
    ...(probe === 'grpc-health' && { probe: askHealth }),
  };
}

/** Its health is all that every plugin in Go tells of itself. */
const askHealth: NonNullable<PluginKind['probe']> = async (plugin, { signal }) => {
  await plugin.health({ signal });
  return {};
};
