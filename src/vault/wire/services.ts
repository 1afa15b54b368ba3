/** The services of Vault's plugins, and those that a host serves to them. They are built when they are first needed. */
/* eslint-disable @typescript-eslint/consistent-type-definitions -- an interface lacks the index signature of a service */
import type { MethodDefinition } from '../../goplugin/index.ts';
import { servicesOf } from '../../goplugin/internal.ts';
import type {
  Empty,
  Sent,
  WireError,
  WirePaths,
  WireReply,
  WireRequest,
  WireResponseWrapInfo,
  WireStorageEntry,
  WireStruct,
  WireTimestamp,
} from './messages.ts';

type Unary<Request, Reply> = MethodDefinition<Request, Reply> & {
  readonly requestStream: false;
  readonly responseStream: false;
};
/** A method of the plugin: requests are sent, replies received. */
type Called<Request, Reply> = Unary<Sent<Request>, Reply>;
/** A method that the host serves: requests are received, replies sent. */
type Answered<Request, Reply> = Unary<Request, Sent<Reply>>;

type RequestArgs = { readonly request: WireRequest };
type TextReply = { readonly err: string };
type InTransaction = { readonly txn: string };

export type BackendService = {
  readonly HandleRequest: Called<RequestArgs, WireReply>;
  readonly SpecialPaths: Called<Empty, { readonly paths: WirePaths | null }>;
  readonly HandleExistenceCheck: Called<
    RequestArgs,
    { readonly check_found: boolean; readonly exists: boolean; readonly err: WireError | null }
  >;
  readonly Cleanup: Called<Empty, Empty>;
  readonly InvalidateKey: Called<{ readonly key: string }, Empty>;
  readonly Setup: Unary<
    {
      readonly broker_id: number;
      readonly Config: Readonly<Record<string, string>>;
      readonly backendUUID: string;
    },
    TextReply
  >;
  readonly Initialize: Called<Empty, { readonly err: WireError | null }>;
  readonly Type: Called<Empty, { readonly type: number }>;
};

export type PluginVersionService = {
  readonly Version: Called<Empty, { readonly plugin_version: string }>;
};

export type StorageService = {
  readonly List: Answered<
    InTransaction & { readonly prefix: string },
    TextReply & { readonly keys: readonly string[] }
  >;
  readonly Get: Answered<
    InTransaction & { readonly key: string },
    TextReply & { readonly entry: WireStorageEntry | null }
  >;
  readonly Put: Answered<InTransaction & { readonly entry: WireStorageEntry | null }, TextReply>;
  readonly Delete: Answered<InTransaction & { readonly key: string }, TextReply>;
  readonly ListPage: Answered<
    InTransaction & { readonly prefix: string; readonly after: string; readonly limit: number },
    TextReply & { readonly keys: readonly string[] }
  >;
  readonly IsTransactional: Answered<Empty, { readonly transactional: boolean }>;
  readonly BeginReadOnlyTx: Answered<Empty, TextReply & InTransaction>;
  readonly BeginTx: Answered<Empty, TextReply & InTransaction>;
  readonly Commit: Answered<InTransaction, TextReply>;
  readonly Rollback: Answered<InTransaction, TextReply>;
};

type TtlReply = { readonly TTL: string };
type EntityArgs = { readonly entity_id: string };

export type SystemViewService = {
  readonly DefaultLeaseTTL: Answered<Empty, TtlReply>;
  readonly MaxLeaseTTL: Answered<Empty, TtlReply>;
  readonly Tainted: Answered<Empty, { readonly tainted: boolean }>;
  readonly CachingDisabled: Answered<Empty, { readonly disabled: boolean }>;
  readonly ReplicationState: Answered<Empty, { readonly state: number }>;
  readonly ResponseWrapData: Answered<Empty, TextReply & { readonly wrap_info: WireResponseWrapInfo | null }>;
  readonly MlockEnabled: Answered<Empty, { readonly enabled: boolean }>;
  readonly LocalMount: Answered<Empty, { readonly local: boolean }>;
  readonly EntityInfo: Answered<EntityArgs, TextReply & { readonly entity: object | null }>;
  readonly GroupsForEntity: Answered<EntityArgs, TextReply & { readonly groups: readonly object[] }>;
  readonly PluginEnv: Answered<
    Empty,
    TextReply & { readonly plugin_environment: { readonly vault_version: string } }
  >;
  readonly GeneratePasswordFromPolicy: Answered<
    { readonly policy_name: string },
    { readonly password: string }
  >;
  readonly ClusterInfo: Answered<
    Empty,
    TextReply & { readonly cluster_name: string; readonly cluster_id: string }
  >;
  readonly GenerateIdentityToken: Answered<{ readonly audience: string }, { readonly token: string }>;
  readonly RegisterRotationJob: Answered<object, { readonly rotation_id: string }>;
  readonly RegisterRotationJobWithResponse: Answered<object, Empty>;
  readonly DeregisterRotationJob: Answered<object, Empty>;
};

export type EventsService = {
  readonly SendEvent: Answered<
    {
      readonly event_type: string;
      readonly event: {
        readonly id: string;
        readonly metadata: WireStruct | null;
        readonly entity_ids: readonly string[];
        readonly note: string;
      } | null;
    },
    Empty
  >;
};

export type ObservationsService = {
  readonly RecordObservation: Answered<
    { readonly observation_type: string; readonly data: WireStruct | null },
    Empty
  >;
};

type Statements = { readonly Commands: readonly string[] };

/** Of database plugins, in versions 5 and 6 of their protocol. */
export type DatabaseService = {
  readonly Initialize: Unary<
    { readonly config_data: WireStruct; readonly verify_connection: boolean },
    { readonly config_data: WireStruct | null }
  >;
  readonly NewUser: Called<
    {
      readonly username_config: { readonly display_name: string; readonly role_name: string };
      readonly password: string;
      readonly expiration: WireTimestamp;
      readonly statements: Statements;
      readonly rollback_statements: Statements;
      readonly credential_type: number;
      readonly public_key: Uint8Array;
      readonly subject: string;
    },
    { readonly username: string }
  >;
  readonly UpdateUser: Called<
    {
      readonly username: string;
      readonly password: { readonly new_password: string; readonly statements: Statements };
      readonly expiration: { readonly new_expiration: WireTimestamp; readonly statements: Statements };
      readonly public_key: { readonly new_public_key: Uint8Array; readonly statements: Statements };
      readonly credential_type: number;
      readonly self_managed_password: string;
    },
    Empty
  >;
  readonly DeleteUser: Called<{ readonly username: string; readonly statements: Statements }, Empty>;
  readonly Type: Called<Empty, { readonly Type: string }>;
  readonly Close: Called<Empty, Empty>;
};

export interface VaultServices {
  readonly 'pb.Backend': BackendService;
  readonly 'logical.PluginVersion': PluginVersionService;
  readonly 'pb.Storage': StorageService;
  readonly 'pb.SystemView': SystemViewService;
  readonly 'pb.Events': EventsService;
  readonly 'pb.Observations': ObservationsService;
  readonly 'dbplugin.v5.Database': DatabaseService;
}

let services: Promise<VaultServices> | undefined;

export function vaultServices(): Promise<VaultServices> {
  services ??= load();
  return services;
}

async function load(): Promise<VaultServices> {
  const { schema } = await import('./schema.ts');
  return (await servicesOf(schema)) as unknown as VaultServices;
}
