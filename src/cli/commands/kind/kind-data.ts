/** Kinds as `plugin kind list` and `plugin kind info` print them. */
import type { KindEntry } from '../../../catalog/index.ts';
import type { PluginKind } from '../../../kinds/index.ts';
import { vaultSources, wellKnownKinds, type WellKnownKind } from '../../../kinds/well-known.ts';

export interface ShownKind {
  readonly name: string;
  readonly builtin: boolean;
  /** `KEY=VALUE` */
  readonly cookie: string;
  readonly protocol_versions: readonly number[];
  readonly sharing: string;
  readonly probe: string;
  readonly env: Readonly<Record<string, string>>;
  readonly what: string;
  readonly source: string;
  /** Why plugins of this kind can't be run; empty where they can. */
  readonly refused: string;
}

/** The fields of each kind. */
export const kindFieldNames: readonly (keyof ShownKind)[] = [
  ...(['name', 'builtin', 'cookie', 'protocol_versions', 'sharing', 'probe', 'env'] as const),
  ...(['what', 'source', 'refused'] as const),
];

export function registeredKind({ name, ...entry }: KindEntry): ShownKind {
  const shadowed = name in vaultSources || name in wellKnownKinds;
  return {
    name,
    builtin: false,
    cookie: `${entry.magicCookieKey}=${entry.magicCookieValue}`,
    protocol_versions: entry.protocolVersions,
    sharing: entry.sharing,
    probe: entry.probe,
    env: entry.env,
    what: shadowed ? 'registered here, in place of the built-in kind of this name' : 'registered here',
    source: '',
    refused: '',
  };
}

/** All kinds that are built in, Vault's first. */
export async function builtInKinds(): Promise<readonly ShownKind[]> {
  const { vaultKinds } = await import('../../../kinds/vault/kinds.ts');
  const vault = Object.entries(vaultSources).map(([name, source]) =>
    vaultKind(name, vaultKinds[name as keyof typeof vaultKinds], source),
  );
  return [...vault, ...Object.entries(wellKnownKinds).map(([name, kind]) => wellKnown(name, kind))];
}

const vaultWords: Readonly<Record<string, string>> = {
  secret: 'secrets engines of Vault and OpenBao',
  auth: 'auth methods of Vault and OpenBao',
  database: 'database plugins of Vault and OpenBao',
};

function vaultKind(
  name: string,
  { handshake, protocolVersions, env = {} }: PluginKind,
  source: string,
): ShownKind {
  return {
    name,
    builtin: true,
    cookie: `${handshake.magicCookieKey}=${handshake.magicCookieValue}`,
    protocol_versions: protocolVersions,
    sharing: 'ask',
    probe: 'type and version',
    env,
    what: vaultWords[name] ?? '',
    source,
    refused: '',
  };
}

function wellKnown(name: string, kind: WellKnownKind): ShownKind {
  return {
    name,
    builtin: true,
    cookie: `${kind.magicCookieKey}=${kind.magicCookieValue}`,
    protocol_versions: kind.protocolVersions,
    sharing: kind.sharing,
    probe: kind.probe,
    env: kind.env,
    what: kind.what,
    source: kind.source,
    refused: kind.refused ?? '',
  };
}
