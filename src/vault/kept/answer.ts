/** Answers of plugins in the form that Vault has for them in JSON. */
import type { VaultLogin, VaultResponse, VaultWrapping } from '../requests/response.ts';
import type { KeptAnswer } from './mounts.ts';

export function keptAnswer(response: VaultResponse): KeptAnswer {
  const { status, data, warnings, lease, login, wrapping, raw } = response;
  const isOwnBody = raw !== undefined && raw.body.length > 0 && Object.keys(data).length === 0;
  return {
    status,
    lease_id: lease?.id ?? '',
    lease_duration: seconds(lease?.ttlMs),
    renewable: lease?.renewable ?? false,
    data,
    warnings,
    auth: login === undefined ? null : loginFields(login),
    wrap_info: wrapping === undefined ? null : wrappingFields(wrapping),
    body:
      isOwnBody && warnings.length === 0
        ? { content_type: raw.contentType, text: raw.body.toString('utf8') }
        : null,
  };
}

/** The names of a list, as Vault has them. */
export function listAnswer(keys: readonly string[]): KeptAnswer {
  const nothing = { lease_id: '', lease_duration: 0, renewable: false, warnings: [] };
  return { status: 200, ...nothing, data: { keys }, auth: null, wrap_info: null, body: null };
}

function loginFields(login: VaultLogin): Readonly<Record<string, unknown>> {
  return {
    display_name: login.displayName,
    policies: login.policies,
    token_policies: login.tokenPolicies,
    identity_policies: login.identityPolicies,
    metadata: login.metadata,
    alias_name: login.alias?.name ?? '',
    entity_id: login.entityId,
    token_type: login.tokenType,
    num_uses: login.numUses,
    lease_duration: seconds(login.ttlMs),
    renewable: login.renewable,
  };
}

function wrappingFields(wrapping: VaultWrapping): Readonly<Record<string, unknown>> {
  return {
    token: wrapping.token,
    accessor: wrapping.accessor,
    ttl: seconds(wrapping.ttlMs),
    creation_time: wrapping.createdAt?.toISOString() ?? '',
    creation_path: wrapping.creationPath,
    wrapped_accessor: wrapping.wrappedAccessor,
  };
}

function seconds(milliseconds = 0): number {
  return Math.round(milliseconds / 1000);
}
