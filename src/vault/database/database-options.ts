import type { AbortOption } from '../../abort.ts';
import {
  allOf,
  filledText,
  flag,
  listOf,
  milliseconds,
  objectWith,
  oneOf,
  required,
  shapeOf,
  signal,
  text,
  textThat,
  that,
  timeLimit,
  type Check,
} from '../../settings/option-shape.ts';
import { mountPathCheck } from '../mount/mount-options.ts';
import { passwordPolicyCheck, type PasswordPolicy } from '../passwords.ts';
import type { VaultStorage } from '../storage/storage.ts';
import { deepestStruct, type StructData } from '../wire/struct.ts';
import type {
  ClientCertificateRequest,
  VaultCredentialRequest,
  VaultDatabaseCall,
  VaultNewUser,
  VaultUserChanges,
} from './vault-database.ts';

export interface VaultDatabaseOptions extends AbortOption {
  /** Name under which the plugin is registered. */
  readonly name: string;
  /** Default: the pinned version, or the newest. */
  readonly version?: string | undefined;
  /**
   * How the plugin reaches its database, such as `{ connection_url, username, password }`. What the plugin answers is
   * stored in its place. With a storage it may be left out once it is stored; the same configuration again means the
   * stored one, in which the password may be another by now; another configuration replaces the stored one.
   */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the plugin has to connect to the database at once. Default true. A restart never waits for that. */
  readonly verifyConnection?: boolean | undefined;
  /** What the plugin has to be, as it says itself, such as `postgresql`. Default: whatever it is. */
  readonly type?: string | undefined;
  /** By which passwords are made. Default: 20 letters, digits and hyphens. */
  readonly passwordPolicy?: PasswordPolicy | undefined;
  /** Commands by which the password of the plugin's own user is changed. Default: the plugin's. */
  readonly rootRotationStatements?: readonly string[] | undefined;
  /** Where the configuration is kept. Default: in memory, and gone with the database. */
  readonly storage?: VaultStorage | undefined;
  /** By this the configuration is found in the storage. Default: `database/` and the name. */
  readonly path?: string | undefined;
  /** Whether the database may share its plugin with others. Default true. */
  readonly share?: boolean | undefined;
  /** Time limit of each call with which a plugin is set up, in milliseconds. Default: 60000. */
  readonly setupTimeoutMs?: number | undefined;
}

/** Data as JSON has them; a Struct can hold no others. */
const structValue: Check = (value, operation) => structProblem(value, operation, 2);

function structProblem(value: unknown, operation: string, depth: number): ReturnType<Check> {
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return text(value, operation);
  if (typeof value === 'number') return aDouble(value, operation);
  if (depth > deepestStruct) return { path: [], message: `is nested more than ${deepestStruct} deep` };
  const entries = Array.isArray(value) ? [...value.entries()] : isPlain(value) ? Object.entries(value) : [];
  if (!Array.isArray(value) && !isPlain(value)) return { path: [], message: 'is nothing that JSON has' };
  for (const [key, each] of entries) {
    const problem = structProblem(each, operation, depth + 1);
    if (problem !== undefined) return { ...problem, path: [key, ...problem.path] };
  }
  return undefined;
}

const aDouble = that(
  (value) => Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)),
  'must be a number that a double holds exactly: give it as a text',
);

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const structData: Check = (value, operation) => {
  if (value === undefined) return undefined;
  return isPlain(value) ? structValue(value, operation) : { path: [], message: 'must be an object' };
};

/** The same data in the same order of names or another. Both have passed the check. */
export function sameConfig(one: StructData, other: StructData): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}

const statements = listOf(text);
const secretText = filledText;
const moment = that(
  (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  'must be a valid Date',
);

export const vaultDatabaseOptions = required(
  shapeOf<VaultDatabaseOptions>({
    name: required(filledText),
    version: text,
    config: structData,
    verifyConnection: flag,
    type: filledText,
    passwordPolicy: optional(passwordPolicyCheck),
    rootRotationStatements: statements,
    storage: objectWith('list', 'get', 'put', 'delete'),
    path: mountPathCheck,
    share: flag,
    setupTimeoutMs: timeLimit,
    signal,
  }),
);

const pem = textThat((value) => /^-----BEGIN [A-Z ]+-----/.test(value), 'must be in PEM');
const call = { timeoutMs: timeLimit, signal };

type Of<Type extends VaultCredentialRequest['type']> = Extract<VaultCredentialRequest, { type: Type }>;
const kind = required(oneOf('password', 'rsa_private_key', 'client_certificate'));

const issue = shapeOf<ClientCertificateRequest>({
  commonName: required(
    textThat((value) => value !== '' && value.length <= 64, 'must have 1 to 64 characters'),
  ),
  authority: required(
    shapeOf<ClientCertificateRequest['authority']>({ certificate: required(pem), privateKey: required(pem) }),
  ),
  keyType: oneOf('rsa', 'ec', 'ed25519'),
});

const credentialShapes: Readonly<Record<VaultCredentialRequest['type'], Check>> = {
  password: allOf(
    shapeOf<Of<'password'>>({ type: kind, password: secretText, policy: optional(passwordPolicyCheck) }),
    notBoth('password', 'policy'),
  ),
  rsa_private_key: allOf(
    shapeOf<Of<'rsa_private_key'>>({
      type: kind,
      bits: that((value) => [2048, 3072, 4096].includes(value as number), 'must be 2048, 3072 or 4096'),
      publicKey: pem,
    }),
    notBoth('bits', 'publicKey'),
  ),
  client_certificate: allOf(
    shapeOf<Of<'client_certificate'>>({ type: kind, subject: filledText, issue }),
    notBoth('subject', 'issue'),
    that(
      (value) => has(value, 'subject') || has(value, 'issue'),
      'must have a subject, or issue a certificate',
    ),
  ),
};

/** The type says which options there are, and is looked at first. */
const credential: Check = (value, operation) => {
  if (value === undefined) return undefined;
  if (!isPlain(value)) return { path: [], message: 'must be an object of options' };
  const problem = kind(value['type'], operation);
  if (problem !== undefined) return { ...problem, path: ['type'] };
  return credentialShapes[value['type'] as VaultCredentialRequest['type']](value, operation);
};

export const newUserOptions = shapeOf<VaultNewUser>({
  displayName: text,
  roleName: text,
  credential,
  expiresAt: moment,
  statements,
  rollbackStatements: statements,
  ...call,
});

type Change<Name extends 'password' | 'publicKey' | 'expiration'> = NonNullable<VaultUserChanges[Name]>;

export const userChanges = required(
  allOf(
    shapeOf<VaultUserChanges>({
      password: shapeOf<Change<'password'>>({ newPassword: required(secretText), statements }),
      publicKey: shapeOf<Change<'publicKey'>>({ newPublicKey: required(pem), statements }),
      expiration: shapeOf<Change<'expiration'>>({ newExpiration: required(moment), statements }),
      selfManagedPassword: secretText,
      ...call,
    }),
    notBoth('password', 'publicKey'),
    that(
      (value) => ['password', 'publicKey', 'expiration'].some((name) => has(value, name)),
      'must change the password, the public key or the expiration',
    ),
  ),
);

export const deleteUserOptions = shapeOf<VaultDatabaseCall & { statements?: readonly string[] }>({
  statements,
  ...call,
});
export const rotateRootOptions = shapeOf<VaultDatabaseCall>(call);
export const databaseCloseOptions = shapeOf<{ drainMs?: number }>({ drainMs: milliseconds });
export const usernameCheck = filledText;

function optional(check: Check): Check {
  return (value, operation) => (value === undefined ? undefined : check(value, operation));
}

function notBoth(one: string, other: string): Check {
  return that((value) => !(has(value, one) && has(value, other)), `can't have both ${one} and ${other}`);
}

function has(value: unknown, name: string): boolean {
  return (value as Readonly<Record<string, unknown>>)[name] !== undefined;
}
