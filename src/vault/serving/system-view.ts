/** What a plugin learns of the system it runs in, and the options by which a caller decides it. */
import { service, StatusError, type ServedService } from '../../goplugin/index.ts';
import { callback, flag, recordOf, shapeOf, text, wholeNumber } from '../../settings/option-shape.ts';
import {
  defaultPasswordPolicy,
  generatePassword,
  passwordPolicyCheck,
  type PasswordPolicy,
} from '../passwords.ts';
import { vaultVersion } from '../../kinds/vault/kinds.ts';
import type { VaultAlias } from '../requests/response.ts';
import type { SystemViewService } from '../wire/services.ts';
import { longestDurationMs, toNanoseconds } from '../wire/time.ts';

export interface VaultSystem {
  /** Time to live of a secret whose plugin says none, in milliseconds. Default: 768 hours. */
  readonly defaultLeaseTtlMs?: number | undefined;
  /** The longest time to live that renewals can reach, in milliseconds. Default: 768 hours. */
  readonly maxLeaseTtlMs?: number | undefined;
  /** Whether the mount is about to be removed. Default false. */
  readonly tainted?: boolean | undefined;
  readonly cachingDisabled?: boolean | undefined;
  /** Whether the mount is one that is not replicated. Default false. */
  readonly localMount?: boolean | undefined;
  /** Bits, as Vault has them. Default: 12288, no replication. */
  readonly replicationState?: number | undefined;
  /** The version of Vault that plugins are told. Default: that of the Vault whose behaviour this is. */
  readonly vaultVersion?: string | undefined;
  readonly clusterName?: string | undefined;
  readonly clusterId?: string | undefined;
  /** By their names. A plugin that names none gets a password by Vault's default policy. */
  readonly passwordPolicies?: Readonly<Record<string, PasswordPolicy>> | undefined;
  /** Returns who has this id, if anybody. */
  readonly entity?: ((id: string) => VaultEntity | undefined | Promise<VaultEntity | undefined>) | undefined;
  /** Returns the groups that an entity belongs to. */
  readonly groups?:
    ((entityId: string) => readonly VaultGroup[] | Promise<readonly VaultGroup[]>) | undefined;
}

export interface VaultEntity {
  readonly id: string;
  readonly name: string;
  readonly aliases?: readonly VaultAlias[] | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly disabled?: boolean | undefined;
  readonly namespaceId?: string | undefined;
}

export interface VaultGroup {
  readonly id: string;
  readonly name: string;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly namespaceId?: string | undefined;
}

export const systemCheck = shapeOf<VaultSystem>({
  defaultLeaseTtlMs: leaseTime(),
  maxLeaseTtlMs: leaseTime(),
  tainted: flag,
  cachingDisabled: flag,
  localMount: flag,
  replicationState: wholeNumber(0, 2 ** 31 - 1),
  vaultVersion: text,
  clusterName: text,
  clusterId: text,
  passwordPolicies: recordOf(passwordPolicyCheck),
  entity: callback,
  groups: callback,
});

function leaseTime() {
  return wholeNumber(1, longestDurationMs);
}

/** Vault: 768 hours. */
export const defaultTtlMs = 768 * 3_600_000;
/** Vault: sdk/helper/consts, replication of performance and for disaster recovery are both disabled. */
const noReplication = 4096 | 8192;

export function systemViewService(
  definition: SystemViewService,
  system: VaultSystem,
  { mlock, clusterId }: { readonly mlock: boolean; readonly clusterId: string },
): ServedService {
  return service(definition, {
    defaultLeaseTTL: () => ({ TTL: toNanoseconds(system.defaultLeaseTtlMs ?? defaultTtlMs) }),
    maxLeaseTTL: () => ({ TTL: toNanoseconds(system.maxLeaseTtlMs ?? defaultTtlMs) }),
    tainted: () => ({ tainted: system.tainted ?? false }),
    cachingDisabled: () => ({ disabled: system.cachingDisabled ?? false }),
    replicationState: () => ({ state: system.replicationState ?? noReplication }),
    responseWrapData: () => ({ wrap_info: null, err: 'this host does not wrap answers' }),
    mlockEnabled: () => ({ enabled: mlock }),
    localMount: () => ({ local: system.localMount ?? false }),
    entityInfo: async ({ entity_id }) => {
      const entity = await system.entity?.(entity_id);
      return { entity: entity === undefined ? null : sendEntity(entity), err: '' };
    },
    groupsForEntity: async ({ entity_id }) => ({
      groups: ((await system.groups?.(entity_id)) ?? []).map(sendGroup),
      err: '',
    }),
    pluginEnv: () => ({
      plugin_environment: { vault_version: system.vaultVersion ?? vaultVersion },
      err: '',
    }),
    generatePasswordFromPolicy: ({ policy_name }) => ({ password: passwordBy(system, policy_name) }),
    clusterInfo: () => ({
      cluster_name: system.clusterName ?? 'bulkhead',
      cluster_id: system.clusterId ?? clusterId,
      err: '',
    }),
    generateIdentityToken: () => refuse('this host makes no identity tokens'),
    registerRotationJob: () => refuse(noRotation),
    registerRotationJobWithResponse: () => refuse(noRotation),
    // Plugins ask for this with every configuration that has no rotation, whether or not there was one before.
    deregisterRotationJob: () => ({}),
  });
}

const noRotation =
  'this host does not rotate credentials by itself: configure no rotation schedule or period';

function refuse(why: string): never {
  throw new StatusError('UNIMPLEMENTED', why);
}

function passwordBy({ passwordPolicies = {} }: VaultSystem, name: string): string {
  if (name === '') throw new StatusError('INVALID_ARGUMENT', 'no password policy is named');
  const policy = Object.hasOwn(passwordPolicies, name) ? passwordPolicies[name] : undefined;
  if (policy === undefined && name !== 'default')
    throw new StatusError('INTERNAL', `there is no password policy ${name}`);
  return generatePassword(policy ?? defaultPasswordPolicy);
}

function sendEntity(entity: VaultEntity): object {
  return {
    ID: entity.id,
    name: entity.name,
    aliases: (entity.aliases ?? []).map((alias) => ({
      ID: alias.id,
      name: alias.name,
      mount_type: alias.mountType,
      mount_accessor: alias.mountAccessor,
      namespace_id: alias.namespaceId,
      metadata: alias.metadata,
      custom_metadata: alias.customMetadata,
      local: alias.local,
    })),
    metadata: entity.metadata ?? {},
    disabled: entity.disabled ?? false,
    namespace_id: entity.namespaceId ?? '',
  };
}

function sendGroup(group: VaultGroup): object {
  return {
    ID: group.id,
    name: group.name,
    metadata: group.metadata ?? {},
    namespace_id: group.namespaceId ?? '',
  };
}
