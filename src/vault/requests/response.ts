/** What a plugin answers, as callers get it. Times are milliseconds. */

/** Decoded JSON; whole numbers that a JavaScript number can't hold are bigints. */
export type VaultData = Readonly<Record<string, unknown>>;

export interface VaultResponse {
  /**
   * The HTTP status with which Vault would answer. Of a response that is not raw it is 200, since errors are thrown; of
   * a raw one it is what the plugin says, be it 404 or 500.
   */
  readonly status: number;
  readonly data: VaultData;
  readonly warnings: readonly string[];
  /** There when the answer is a secret that ends at some time. */
  readonly lease: VaultLease | undefined;
  /** There when the answer is a login, or its renewal. */
  readonly login: VaultLogin | undefined;
  /** There when the plugin asks for its answer to be wrapped, or wrapped something itself. */
  readonly wrapping: VaultWrapping | undefined;
  /** There when the plugin answers with an HTTP response of its own making. */
  readonly raw: VaultRawAnswer | undefined;
  /** Names as the plugin writes them. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Where the plugin sends the caller; empty for nowhere. */
  readonly redirect: string;
  /** The type of mount by whose rules the answer is to be read; empty when the plugin says nothing. */
  readonly mountType: string;
}

/** A secret that the plugin takes back when its time is over. */
export interface VaultLease {
  /**
   * By this id it is renewed and revoked. Empty for a secret that its plugin could not recognise later, because it
   * gives no data to recognise it by, as key/value engines do: there is nothing to renew or to revoke.
   */
  readonly id: string;
  readonly ttlMs: number;
  /** The longest time that renewals can reach, from `issuedAt` on. */
  readonly maxTtlMs: number;
  readonly renewable: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What an auth method grants. Nothing is made of it here: a host may make a token or a session of it. */
export interface VaultLogin {
  readonly displayName: string;
  readonly policies: readonly string[];
  readonly tokenPolicies: readonly string[];
  readonly identityPolicies: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly alias: VaultAlias | undefined;
  readonly groupAliases: readonly VaultAlias[];
  readonly entityId: string;
  /** Networks from which it may be used. */
  readonly boundCidrs: readonly string[];
  readonly noDefaultPolicy: boolean;
  readonly tokenType: 'default' | 'service' | 'batch' | 'default-service' | 'default-batch';
  /** How often it may be used; 0 for no limit. */
  readonly numUses: number;
  readonly issuedAt: Date;
  readonly ttlMs: number;
  readonly maxTtlMs: number;
  readonly explicitMaxTtlMs: number;
  readonly periodMs: number;
  readonly renewable: boolean;
  /** What the plugin wants to get with a renewal. */
  readonly internalData: VaultData;
}

/** Who logged in, as the outside world knows them. */
export interface VaultAlias {
  readonly name: string;
  readonly id: string;
  readonly mountType: string;
  readonly mountAccessor: string;
  readonly namespaceId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly local: boolean;
}

export interface VaultWrapping {
  readonly ttlMs: number;
  readonly token: string;
  readonly accessor: string;
  readonly createdAt: Date | undefined;
  readonly wrappedAccessor: string;
  readonly wrappedEntityId: string;
  readonly format: string;
  readonly creationPath: string;
  readonly sealWrap: boolean;
}

/** An HTTP response that the plugin wants its caller to get as it is. */
export interface VaultRawAnswer {
  readonly status: number;
  /** Empty only with the status 204. */
  readonly contentType: string;
  readonly body: Buffer;
  readonly cacheControl: string | undefined;
  readonly pragma: string | undefined;
  readonly wwwAuthenticate: string | undefined;
}
