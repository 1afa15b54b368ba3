/**
 * The messages of api-specs/vault as they are decoded and encoded here. 64-bit integers arrive as decimal strings; a
 * message that is absent is null.
 */

/** A message to be sent: fields may be left out, and 64-bit integers may be numbers. */
export type Sent<T> = T extends string
  ? string | number
  : T extends Uint8Array | number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Sent<Item>[]
      : { readonly [Key in keyof T]?: Sent<T[Key]> | undefined };

export type Empty = object;

export interface WireTimestamp {
  readonly seconds: string;
  readonly nanos: number;
}

export interface WireHeader {
  readonly header: readonly string[];
}

export interface WireError {
  readonly err_type: number;
  readonly err_msg: string;
  readonly err_code: string;
}

export interface WireLeaseOptions {
  readonly TTL: string;
  readonly renewable: boolean;
  readonly increment: string;
  readonly issue_time: WireTimestamp | null;
  readonly MaxTTL: string;
}

export interface WireSecret {
  readonly lease_options: WireLeaseOptions | null;
  readonly internal_data: string;
  readonly lease_id: string;
}

export interface WireAlias {
  readonly mount_type: string;
  readonly mount_accessor: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly ID: string;
  readonly namespace_id: string;
  readonly custom_metadata: Readonly<Record<string, string>>;
  readonly local: boolean;
}

export interface WireAuth {
  readonly lease_options: WireLeaseOptions | null;
  readonly internal_data: string;
  readonly display_name: string;
  readonly policies: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly client_token: string;
  readonly accessor: string;
  readonly period: string;
  readonly num_uses: string;
  readonly entity_id: string;
  readonly alias: WireAlias | null;
  readonly group_aliases: readonly WireAlias[];
  readonly bound_cidrs: readonly string[];
  readonly token_policies: readonly string[];
  readonly identity_policies: readonly string[];
  readonly explicit_max_ttl: string;
  readonly token_type: number;
  readonly no_default_policy: boolean;
}

export interface WireRequestWrapInfo {
  readonly TTL: string;
  readonly format: string;
  readonly seal_wrap: boolean;
}

export interface WireResponseWrapInfo {
  readonly TTL: string;
  readonly token: string;
  readonly accessor: string;
  readonly creation_time: WireTimestamp | null;
  readonly wrapped_accessor: string;
  readonly wrapped_entity_id: string;
  readonly format: string;
  readonly creation_path: string;
  readonly seal_wrap: boolean;
}

export interface WireCertificateChain {
  readonly certificates: readonly { readonly asn1_data: Uint8Array }[];
}

export interface WireConnection {
  readonly remote_addr: string;
  readonly remote_port: number;
  readonly connection_state: {
    readonly version: number;
    readonly handshake_complete: boolean;
    readonly cipher_suite: number;
    readonly negotiated_protocol: string;
    readonly server_name: string;
    readonly peer_certificates: WireCertificateChain | null;
    readonly verified_chains: readonly WireCertificateChain[];
  } | null;
  readonly peer_certificates_raw: readonly Uint8Array[];
}

export interface WireRequest {
  readonly id: string;
  readonly operation: string;
  readonly path: string;
  readonly data: string;
  readonly secret: WireSecret | null;
  readonly auth: WireAuth | null;
  readonly headers: Readonly<Record<string, WireHeader>>;
  readonly client_token: string;
  readonly client_token_accessor: string;
  readonly display_name: string;
  readonly mount_point: string;
  readonly mount_type: string;
  readonly mount_accessor: string;
  readonly wrap_info: WireRequestWrapInfo | null;
  readonly client_token_remaining_uses: string;
  readonly entity_id: string;
  readonly policy_override: boolean;
  readonly unauthenticated: boolean;
  readonly connection: WireConnection | null;
}

export interface WireResponse {
  readonly secret: WireSecret | null;
  readonly auth: WireAuth | null;
  readonly data: string;
  readonly redirect: string;
  readonly warnings: readonly string[];
  readonly wrap_info: WireResponseWrapInfo | null;
  readonly headers: Readonly<Record<string, WireHeader>>;
  readonly mount_type: string;
}

export interface WireReply {
  readonly response: WireResponse | null;
  readonly err: WireError | null;
}

export interface WirePaths {
  readonly root: readonly string[];
  readonly unauthenticated: readonly string[];
  readonly local_storage: readonly string[];
  readonly seal_wrap_storage: readonly string[];
  readonly write_forwarded_storage: readonly string[];
  readonly binary: readonly string[];
  readonly limited: readonly string[];
  readonly allow_snapshot_read: readonly string[];
}

export interface WireStorageEntry {
  readonly key: string;
  readonly value: Buffer;
  readonly seal_wrap: boolean;
}

/** google.protobuf.Struct and Value, as proto-loader decodes them. */
export interface WireStruct {
  readonly fields: Readonly<Record<string, WireValue>>;
}

export interface WireValue {
  readonly kind?: string;
  readonly nullValue?: unknown;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: WireStruct | null;
  readonly listValue?: { readonly values: readonly WireValue[] } | null;
}
