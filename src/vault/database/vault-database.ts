/** The public interface of a database: one use of a database plugin. */
import type { AbortOption } from '../../abort.ts';
import type { Mount } from '../../host/index.ts';
import type { PasswordPolicy } from '../passwords.ts';

export type VaultCredentialType = 'password' | 'rsa_private_key' | 'client_certificate';

/** What a new user proves itself with. */
export type VaultCredentialRequest =
  | {
      readonly type: 'password';
      /** Default: one that is made by the policy. */
      readonly password?: string | undefined;
      /** Default: the policy of the database. */
      readonly policy?: PasswordPolicy | undefined;
    }
  | {
      readonly type: 'rsa_private_key';
      /** Length of the key that is made. Default: 2048. */
      readonly bits?: 2048 | 3072 | 4096 | undefined;
      /** In PEM. No key is made if one is given. */
      readonly publicKey?: string | undefined;
    }
  | {
      readonly type: 'client_certificate';
      /** The distinguished name in a certificate that the caller issues, such as `CN=app,O=example`. */
      readonly subject: string;
      readonly issue?: undefined;
    }
  | {
      readonly type: 'client_certificate';
      /** Makes a key and issues a certificate for it, which is valid until `expiresAt`. */
      readonly issue: ClientCertificateRequest;
      readonly subject?: undefined;
    };

export interface ClientCertificateRequest {
  readonly commonName: string;
  /** The authority that the database trusts, in PEM. Its key may be RSA, P-256, P-384 or Ed25519. */
  readonly authority: { readonly certificate: string; readonly privateKey: string };
  /** Kind of the key that is made; `ec` is P-256, `rsa` has 2048 bits. Default: `rsa`, as in Vault. */
  readonly keyType?: 'rsa' | 'ec' | 'ed25519' | undefined;
}

export interface VaultDatabaseCall extends AbortOption {
  /** Time limit in milliseconds, with the wait for a restart. Default: none. */
  readonly timeoutMs?: number | undefined;
}

export interface VaultNewUser extends VaultDatabaseCall {
  /** The plugin makes the name of the user of both, by the `username_template` of the configuration if it has one. */
  readonly displayName?: string | undefined;
  readonly roleName?: string | undefined;
  /** Default: a password that is made by the policy. */
  readonly credential?: VaultCredentialRequest | undefined;
  /** When the database itself is to refuse the user. Not every database can. A certificate that is issued needs it. */
  readonly expiresAt?: Date | undefined;
  /** Commands that create the user. Plugins fill in `{{name}}`, `{{password}}` and `{{expiration}}`. */
  readonly statements?: readonly string[] | undefined;
  /** Commands that clean up when those fail. */
  readonly rollbackStatements?: readonly string[] | undefined;
}

/** A user that was created, with its credential, which nobody else has. */
export interface VaultDatabaseUser {
  readonly username: string;
  readonly credentialType: VaultCredentialType;
  readonly password: string | undefined;
  /** PKCS #8 in PEM, of a key that was made. */
  readonly privateKey: string | undefined;
  /** In PEM, if it was issued here. */
  readonly certificate: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** At least one change; password and public key exclude each other. */
export interface VaultUserChanges extends VaultDatabaseCall {
  readonly password?:
    { readonly newPassword: string; readonly statements?: readonly string[] | undefined } | undefined;
  readonly publicKey?:
    | {
        /** In PEM. */
        readonly newPublicKey: string;
        readonly statements?: readonly string[] | undefined;
      }
    | undefined;
  readonly expiration?:
    { readonly newExpiration: Date; readonly statements?: readonly string[] | undefined } | undefined;
  /** The password that the user has so far, for plugins that log in as the user to change it. */
  readonly selfManagedPassword?: string | undefined;
}

/**
 * One use of a database plugin of Vault or OpenBao: a connection to a database, in which users are made. It survives the
 * plugin that serves it: a plugin that is started anew is initialised with the stored configuration before it gets the
 * next request.
 *
 * Every request rejects with a VaultDatabaseError when the plugin answers with an error; otherwise as a call of `Mount`
 * does. No request is sent twice if a lost plugin may have carried it out: `CALL_OUTCOME_UNKNOWN`. No error holds a
 * password, a key or a value of the configuration.
 */
export interface VaultDatabase extends AsyncDisposable {
  /** Where the configuration is kept in the storage. */
  readonly path: string;
  readonly name: string;
  /** What the plugin says that it is, such as `postgresql`. */
  readonly type: string;
  /** The version that the plugin reports; empty when it reports none. */
  readonly reportedVersion: string;
  /** What users of this plugin can prove themselves with. */
  readonly credentialTypes: readonly VaultCredentialType[];
  /** The mount of the host: which instance serves, and clients for other services of the plugin. */
  readonly mount: Mount;

  /**
   * @throws `VAULT_DATABASE_REFUSED` for a type of credential that the plugin does not have; VaultDatabaseError
   * @remarks After an abort, a timeout or `CALL_OUTCOME_UNKNOWN` the user may exist; its credential is lost.
   */
  newUser(request?: VaultNewUser): Promise<VaultDatabaseUser>;
  /**
   * Keep a new password until this has resolved: after an abort, a timeout or `CALL_OUTCOME_UNKNOWN` the user has either
   * that or the old one, and the same change can be made again.
   */
  updateUser(username: string, changes: VaultUserChanges): Promise<void>;
  deleteUser(
    username: string,
    options?: VaultDatabaseCall & { readonly statements?: readonly string[] | undefined },
  ): Promise<void>;
  /** Makes a password by the policy of the database. */
  generatePassword(): string;
  /**
   * Gives the user with whom the plugin itself logs in (`username`, `password` of the configuration) a new password,
   * which nobody gets to know. Waits for the requests under way; later ones wait for it, and the first of them has the
   * plugin initialised with it. The new password is in the storage before the database gets it. If it is not known whether the database took it,
   * both are tried when the plugin is initialised the next time.
   *
   * @throws `VAULT_DATABASE_REFUSED` without a `storage` of the caller's, from which a later process reads the password,
   *   and for a configuration without `username` and `password`; VaultDatabaseError, VaultStorageError
   */
  rotateRoot(options?: VaultDatabaseCall): Promise<void>;
  /** Ends the use; users and the stored configuration stay. Idempotent. */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}
