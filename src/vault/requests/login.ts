/** Logins, and how they are given back to the plugin for a renewal. */
import type { Sent, WireAlias, WireAuth } from '../wire/messages.ts';
import { toDate, toMilliseconds, toNanoseconds, toTimestamp } from '../wire/time.ts';
import type { VaultAlias, VaultData, VaultLogin } from './response.ts';

/** By their numbers (Vault: sdk/logical, TokenType). */
const tokenTypes = ['default', 'service', 'batch', 'default-service', 'default-batch'] as const;

export function readLogin(auth: WireAuth, internalData: VaultData): VaultLogin {
  const lease = auth.lease_options;
  return {
    displayName: auth.display_name,
    policies: auth.policies,
    tokenPolicies: auth.token_policies,
    identityPolicies: auth.identity_policies,
    metadata: auth.metadata,
    alias: auth.alias === null ? undefined : readAlias(auth.alias),
    groupAliases: auth.group_aliases.map(readAlias),
    entityId: auth.entity_id,
    boundCidrs: auth.bound_cidrs,
    noDefaultPolicy: auth.no_default_policy,
    tokenType: tokenTypes[auth.token_type] ?? 'default',
    numUses: Number(auth.num_uses),
    issuedAt: toDate(lease?.issue_time ?? null) ?? new Date(),
    ttlMs: toMilliseconds(lease?.TTL ?? 0),
    maxTtlMs: toMilliseconds(lease?.MaxTTL ?? 0),
    explicitMaxTtlMs: toMilliseconds(auth.explicit_max_ttl),
    periodMs: toMilliseconds(auth.period),
    renewable: lease?.renewable ?? false,
    internalData,
  };
}

/** @param internalData of the login, as JSON */
export function sendLogin(login: VaultLogin, internalData: string, incrementMs: number): Sent<WireAuth> {
  return {
    lease_options: {
      TTL: toNanoseconds(login.ttlMs),
      MaxTTL: toNanoseconds(login.maxTtlMs),
      renewable: login.renewable,
      increment: toNanoseconds(incrementMs),
      issue_time: toTimestamp(login.issuedAt),
    },
    internal_data: internalData,
    display_name: login.displayName,
    policies: login.policies,
    token_policies: login.tokenPolicies,
    identity_policies: login.identityPolicies,
    metadata: login.metadata,
    alias: login.alias === undefined ? null : sendAlias(login.alias),
    group_aliases: login.groupAliases.map(sendAlias),
    entity_id: login.entityId,
    bound_cidrs: login.boundCidrs,
    no_default_policy: login.noDefaultPolicy,
    token_type: tokenTypes.indexOf(login.tokenType),
    num_uses: login.numUses,
    explicit_max_ttl: toNanoseconds(login.explicitMaxTtlMs),
    period: toNanoseconds(login.periodMs),
  };
}

function readAlias(alias: WireAlias): VaultAlias {
  return {
    name: alias.name,
    id: alias.ID,
    mountType: alias.mount_type,
    mountAccessor: alias.mount_accessor,
    namespaceId: alias.namespace_id,
    metadata: alias.metadata,
    customMetadata: alias.custom_metadata,
    local: alias.local,
  };
}

function sendAlias(alias: VaultAlias): Sent<WireAlias> {
  return {
    name: alias.name,
    ID: alias.id,
    mount_type: alias.mountType,
    mount_accessor: alias.mountAccessor,
    namespace_id: alias.namespaceId,
    metadata: alias.metadata,
    custom_metadata: alias.customMetadata,
    local: alias.local,
  };
}
