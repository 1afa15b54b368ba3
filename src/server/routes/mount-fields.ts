/** Mounts as Vault shows them, and what of their settings can be set here. */
import type { KeptMount, KeptMounts, MountTuning } from '../../vault/internal.ts';
import type { VaultData } from '../../vault/index.ts';
import type { Fields } from './fields.ts';

/** @param path with a slash at the end, and `auth/` in front for auth methods */
export function mountFields(mount: KeptMount, mounts: KeptMounts): VaultData {
  const { name, accessor, description, config, uuid, version, tuning = {} } = mount;
  const running = mounts.running(mount.path);
  return {
    accessor,
    config: {
      default_lease_ttl: seconds(tuning.defaultLeaseTtlMs),
      force_no_cache: false,
      max_lease_ttl: seconds(tuning.maxLeaseTtlMs),
      ...headerLists(tuning),
      ...(mount.type === 'auth' && { token_type: 'default-service' }),
    },
    description,
    external_entropy_access: false,
    local: false,
    options: Object.keys(config).length === 0 ? null : config,
    plugin_version: version,
    running_plugin_version: running?.mount.version ?? '',
    running_sha256: running?.mount.instance.imageId.replace(/^sha256:/, '') ?? '',
    seal_wrap: false,
    type: name,
    uuid,
  };
}

/** What `tune` reads. */
export function tuneFields({ description, config, version, tuning = {} }: KeptMount): VaultData {
  return {
    default_lease_ttl: seconds(tuning.defaultLeaseTtlMs ?? vaultTtlMs),
    max_lease_ttl: seconds(tuning.maxLeaseTtlMs ?? vaultTtlMs),
    description,
    force_no_cache: false,
    ...(Object.keys(config).length > 0 && { options: config }),
    ...(version !== '' && { plugin_version: version }),
    ...headerLists(tuning),
  };
}

/** Vault: 768 hours. */
const vaultTtlMs = 768 * 3_600_000;

function headerLists({ passthroughRequestHeaders, allowedResponseHeaders }: MountTuning): VaultData {
  return {
    ...(passthroughRequestHeaders && { passthrough_request_headers: passthroughRequestHeaders }),
    ...(allowedResponseHeaders && { allowed_response_headers: allowedResponseHeaders }),
  };
}

function seconds(milliseconds = 0): number {
  return Math.round(milliseconds / 1000);
}

/** Reads what `enable` has in `config`, and `tune` at the top. What is not done here is refused, unless it asks for nothing. */
export function readTuning(fields: Fields, before: MountTuning = {}): MountTuning | undefined {
  const why = 'this server does not do that';
  fields.refuse(why, 'force_no_cache', 'audit_non_hmac_request_keys', 'audit_non_hmac_response_keys');
  fields.refuse(
    why,
    'allowed_managed_keys',
    'delegated_auth_accessors',
    'identity_token_key',
    'user_lockout_config',
  );
  // They decide how a page of Vault's shows the mount, and of which type the tokens are that a login grants: none are made.
  fields.pass('listing_visibility', 'token_type');
  const tuning = {
    defaultLeaseTtlMs: time(fields, 'default_lease_ttl', before.defaultLeaseTtlMs),
    maxLeaseTtlMs: time(fields, 'max_lease_ttl', before.maxLeaseTtlMs),
    passthroughRequestHeaders: fields.list('passthrough_request_headers') ?? before.passthroughRequestHeaders,
    allowedResponseHeaders: fields.list('allowed_response_headers') ?? before.allowedResponseHeaders,
  };
  const isNothing = Object.values(tuning).every((value) => value === undefined);
  return isNothing ? undefined : tuning;
}

/** 0 stands for the default again. */
function time(fields: Fields, name: string, before: number | undefined): number | undefined {
  const given = fields.milliseconds(name);
  if (fields.any(name) === undefined) return before;
  return given === undefined || given === 0 ? undefined : given;
}
