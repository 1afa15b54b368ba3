/** Requests, as callers make them and as they are sent. */
import { randomUUID } from 'node:crypto';
import type { AbortOption } from '../../abort.ts';
import { InvalidOptionError } from '../../errors.ts';
import {
  checkArgument,
  checkShape,
  flag,
  listOf,
  oneOf,
  recordOf,
  required,
  shapeOf,
  signal,
  text,
  that,
  timeLimit,
  wholeNumber,
} from '../../settings/option-shape.ts';
import { stringifyExact } from '../wire/exact-json.ts';
import type { Sent, WireConnection, WireRequest } from '../wire/messages.ts';
import { toNanoseconds } from '../wire/time.ts';
import { duration } from './duration.ts';
import { operations, pathFor, type VaultOperation } from './operations.ts';
import type { VaultData } from './response.ts';

/** Who asks, and how; every field may be left out. */
export interface VaultRequestOptions extends AbortOption {
  /** Time limit in milliseconds, with the time that the request waits for a restart. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Whether the request may be carried out twice, if the plugin is lost with it. Default: whether it only reads. */
  readonly idempotent?: boolean | undefined;
  /** Id of the request; default: a random one. */
  readonly id?: string | undefined;
  readonly displayName?: string | undefined;
  readonly entityId?: string | undefined;
  /** Something that stands for the caller's token, such as a salted hash. Never the token itself. */
  readonly clientToken?: string | undefined;
  readonly clientTokenAccessor?: string | undefined;
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly connection?: VaultConnection | undefined;
  /** Time for which the caller wants the answer wrapped, in milliseconds. Wrapping itself is up to the caller. */
  readonly wrapTtlMs?: number | undefined;
  /** Default: what the plugin's special paths say. */
  readonly unauthenticated?: boolean | undefined;
}

/** The connection over which the request came. */
export interface VaultConnection {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly tls?:
    | {
        /** As on the wire: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3. */
        readonly version?: number | undefined;
        readonly cipherSuite?: number | undefined;
        readonly serverName?: string | undefined;
        readonly negotiatedProtocol?: string | undefined;
        /** Certificates of the caller in DER, its own first. */
        readonly peerCertificates?: readonly Uint8Array[] | undefined;
        readonly verifiedChains?: readonly (readonly Uint8Array[])[] | undefined;
      }
    | undefined;
}

export interface VaultRequest extends VaultRequestOptions {
  readonly operation: VaultOperation;
  /** Below the mount, without a slash in front. */
  readonly path?: string | undefined;
  readonly data?: VaultData | undefined;
}

const bytes = that((value) => value instanceof Uint8Array, 'must be a Uint8Array');
const connection = shapeOf<VaultConnection>({
  remoteAddress: text,
  remotePort: wholeNumber(0, 65_535),
  tls: shapeOf<NonNullable<VaultConnection['tls']>>({
    version: wholeNumber(0, 65_535),
    cipherSuite: wholeNumber(0, 65_535),
    serverName: text,
    negotiatedProtocol: text,
    peerCertificates: listOf(bytes),
    verifiedChains: listOf(listOf(bytes)),
  }),
});
const optionChecks = {
  timeoutMs: timeLimit,
  idempotent: flag,
  id: text,
  displayName: text,
  entityId: text,
  clientToken: text,
  clientTokenAccessor: text,
  headers: recordOf(required(listOf(text))),
  connection,
  wrapTtlMs: duration(0),
  unauthenticated: flag,
  signal,
};
const requestShape = required(
  shapeOf<VaultRequest>({
    ...optionChecks,
    operation: required(oneOf(...operations)),
    path: text,
    data: recordOf(() => undefined),
  }),
);
const optionsShape = shapeOf<VaultRequestOptions>(optionChecks);

/** @throws InvalidOptionError */
export function checkRequest(request: VaultRequest): void {
  checkShape('mount.request', requestShape, request);
}

/** Checks the arguments of a method that stands for an operation. @throws InvalidOptionError */
export function checkRequestArguments(method: string, path: unknown, data: unknown, options: unknown): void {
  checkArgument(method, 'path', text, path);
  if (data !== undefined)
    checkArgument(
      method,
      'data',
      recordOf(() => undefined),
      data,
    );
  checkShape(method, optionsShape, options);
}

/** What every request of a mount says of the mount. */
export interface MountFacts {
  readonly mountPoint: string;
  readonly mountType: string;
  readonly mountAccessor: string;
}

/** @throws InvalidOptionError for data that are not JSON */
export function sendRequest(
  request: VaultRequest & { readonly unauthenticated: boolean },
  mount: MountFacts,
): Sent<WireRequest> {
  return {
    id: request.id ?? randomUUID(),
    operation: request.operation,
    path: pathFor(request.operation, request.path ?? ''),
    data: toJson(request.data ?? {}),
    headers: Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, values]) => [name, { header: values }]),
    ),
    client_token: request.clientToken ?? '',
    client_token_accessor: request.clientTokenAccessor ?? '',
    display_name: request.displayName ?? '',
    entity_id: request.entityId ?? '',
    mount_point: mount.mountPoint,
    mount_type: mount.mountType,
    mount_accessor: mount.mountAccessor,
    unauthenticated: request.unauthenticated,
    connection: request.connection === undefined ? null : sendConnection(request.connection),
    wrap_info:
      request.wrapTtlMs === undefined
        ? null
        : { TTL: toNanoseconds(request.wrapTtlMs), format: '', seal_wrap: false },
  };
}

/** @throws InvalidOptionError */
export function toJson(data: VaultData, argument = 'data'): string {
  try {
    return stringifyExact(data) ?? '{}';
  } catch (cause) {
    throw new InvalidOptionError(argument, `can't be written as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function sendConnection({ remoteAddress = '', remotePort = 0, tls }: VaultConnection): Sent<WireConnection> {
  const chain = (certificates: readonly Uint8Array[]) => ({
    certificates: certificates.map((asn1_data) => ({ asn1_data })),
  });
  return {
    remote_addr: remoteAddress,
    remote_port: remotePort,
    peer_certificates_raw: tls?.peerCertificates ?? [],
    connection_state:
      tls === undefined
        ? null
        : {
            version: tls.version ?? 0,
            handshake_complete: true,
            cipher_suite: tls.cipherSuite ?? 0,
            negotiated_protocol: tls.negotiatedProtocol ?? '',
            server_name: tls.serverName ?? '',
            peer_certificates: chain(tls.peerCertificates ?? []),
            verified_chains: (tls.verifiedChains ?? []).map(chain),
          },
  };
}
