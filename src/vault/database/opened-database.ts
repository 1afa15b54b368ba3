import type { BulkheadError } from '../../errors.ts';
import type { Mount, RoutedClientFor } from '../../host/index.ts';
import { checkArgument, checkShape } from '../../settings/option-shape.ts';
import { ReadWriteLock } from '../../waiting/read-write-lock.ts';
import { VaultDatabaseError, type VaultDatabaseOperation } from '../errors.ts';
import { generatePassword, type PasswordPolicy } from '../passwords.ts';
import type { DatabaseService } from '../wire/services.ts';
import { toTimestamp } from '../wire/time.ts';
import type { Connection } from './connection.ts';
import { credentialNumbers, makeCredential } from './credentials.ts';
import { initializing, translated, type DatabaseFacts } from './database-calls.ts';
import {
  databaseCloseOptions,
  deleteUserOptions,
  newUserOptions,
  rotateRootOptions,
  userChanges,
  usernameCheck,
} from './database-options.ts';
import { typesKey, type Secret } from './secrets.ts';
import type {
  VaultCredentialType,
  VaultDatabase,
  VaultDatabaseCall,
  VaultDatabaseUser,
  VaultNewUser,
  VaultUserChanges,
} from './vault-database.ts';

export interface DatabaseParts {
  readonly path: string;
  readonly name: string;
  readonly mount: Mount;
  readonly service: DatabaseService;
  readonly connection: Connection;
  readonly facts: () => DatabaseFacts;
  readonly passwordPolicy: PasswordPolicy | undefined;
  readonly rootRotationStatements: readonly string[];
  /** Whether the configuration is in a storage of the caller's. */
  readonly stored: boolean;
  readonly setupTimeoutMs: number;
  readonly onClose: () => void;
}

export class OpenedDatabase implements VaultDatabase {
  readonly path: string;
  readonly name: string;
  readonly mount: Mount;
  readonly #parts: DatabaseParts;
  readonly #client: RoutedClientFor<DatabaseService>;
  /** A rotation is alone: while it goes on, nobody knows with which password the plugin is logged in. */
  readonly #lock = new ReadWriteLock();
  /** Whether the plugin that serves has to be initialised again before the next request. */
  #stale = false;

  constructor(parts: DatabaseParts) {
    this.path = parts.path;
    this.name = parts.name;
    this.mount = parts.mount;
    this.#parts = parts;
    this.#client = parts.mount.client(parts.service);
  }

  get type(): string {
    return this.#parts.facts().type;
  }

  get reportedVersion(): string {
    return this.#parts.facts().reportedVersion;
  }

  get credentialTypes(): readonly VaultCredentialType[] {
    const named = this.#parts.connection.config[typesKey];
    // Plugins that do not say have passwords only (Vault: builtin/logical/database).
    if (!Array.isArray(named)) return ['password'];
    return (Object.keys(credentialNumbers) as VaultCredentialType[]).filter((type) => named.includes(type));
  }

  async newUser(request: VaultNewUser = {}): Promise<VaultDatabaseUser> {
    checkShape('database.newUser', newUserOptions, request);
    request.signal?.throwIfAborted();
    const { credential = { type: 'password' } } = request;
    this.#refuseCredential('newUser', credential.type);
    const { displayName = '', roleName = '', expiresAt } = request;
    const policy = this.#parts.passwordPolicy;
    const { sent, kept } = await makeCredential(credential, { policy, expiresAt });
    const wire = {
      ...sent,
      username_config: { display_name: displayName, role_name: roleName },
      credential_type: credentialNumbers[credential.type],
      expiration: expiresAt && toTimestamp(expiresAt),
      statements: { Commands: request.statements ?? [] },
      rollback_statements: { Commands: request.rollbackStatements ?? [] },
    };
    const { username } = await this.#request('newUser', request, { password: kept.password }, (options) =>
      this.#client.NewUser(wire, options),
    );
    if (username === '') {
      const text = 'the plugin names no user that it has created';
      throw new VaultDatabaseError('newUser', { status: 'INTERNAL', text });
    }
    return {
      username,
      credentialType: credential.type,
      password: kept.password,
      privateKey: kept.privateKey,
      certificate: kept.certificate,
      expiresAt,
    };
  }

  async updateUser(username: string, changes: VaultUserChanges): Promise<void> {
    checkArgument('database.updateUser', 'username', usernameCheck, username);
    checkShape('database.updateUser', userChanges, changes);
    const { password, publicKey, expiration, selfManagedPassword } = changes;
    const type = publicKey === undefined ? 'password' : 'rsa_private_key';
    if (password !== undefined || publicKey !== undefined) this.#refuseCredential('updateUser', type);
    const wire = {
      username,
      credential_type: credentialNumbers[type],
      password: password && { new_password: password.newPassword, ...commands(password) },
      public_key: publicKey && {
        new_public_key: Buffer.from(publicKey.newPublicKey),
        ...commands(publicKey),
      },
      expiration: expiration && {
        new_expiration: toTimestamp(expiration.newExpiration),
        ...commands(expiration),
      },
      self_managed_password: selfManagedPassword,
    };
    const secrets = { password: password?.newPassword, 'old password': selfManagedPassword };
    await this.#request('updateUser', changes, secrets, (options) => this.#client.UpdateUser(wire, options));
  }

  async deleteUser(
    username: string,
    options: VaultDatabaseCall & { readonly statements?: readonly string[] | undefined } = {},
  ): Promise<void> {
    checkArgument('database.deleteUser', 'username', usernameCheck, username);
    checkShape('database.deleteUser', deleteUserOptions, options);
    const wire = { username, ...commands(options) };
    await this.#request('deleteUser', options, {}, (call) => this.#client.DeleteUser(wire, call));
  }

  generatePassword(): string {
    return generatePassword(this.#parts.passwordPolicy);
  }

  async rotateRoot(options: VaultDatabaseCall = {}): Promise<void> {
    checkShape('database.rotateRoot', rotateRootOptions, options);
    const { timeoutMs, signal } = options;
    const username = this.#rootUser();
    const { connection, rootRotationStatements } = this.#parts;
    const rotate = async (): Promise<void> => {
      await this.#initializeAgain(options);
      const password = this.generatePassword();
      const wire = {
        username,
        credential_type: credentialNumbers.password,
        password: { new_password: password, statements: { Commands: rootRotationStatements } },
      };
      await connection.keepingSecret([{ name: 'password', value: password }], async () => {
        this.#stale = true;
        try {
          await connection.rotate(password, async () => {
            const update = this.#client.UpdateUser(wire, { timeoutMs, signal, idempotent: false });
            await translated('rotateRoot', connection, update);
          });
        } catch (error) {
          // The plugin finds out which password counts. If it can't now, the next request asks again.
          if (signal?.aborted !== true) await this.#initializeAgain({}).catch(() => undefined);
          if (!connection.has(password)) throw error;
        }
      });
    };
    await this.#lock.exclusive(rotate, { signal });
  }

  async close(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    checkShape('database.close', databaseCloseOptions, options);
    try {
      await this.mount.close(options);
    } finally {
      this.#parts.onClose();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- implementation

  /** Makes a request, which is never sent twice if it may have been carried out. */
  async #request<Reply>(
    operation: VaultDatabaseOperation,
    { timeoutMs, signal }: VaultDatabaseCall,
    secrets: Readonly<Record<string, string | undefined>>,
    send: (options: VaultDatabaseCall & { idempotent: false }) => Promise<Reply>,
  ): Promise<Reply> {
    const { connection } = this.#parts;
    const named = Object.entries(secrets).flatMap(([name, value]): Secret[] =>
      value === undefined ? [] : [{ name, value }],
    );
    const work = async (): Promise<{ readonly reply: Reply } | undefined> => {
      if (this.#stale) return undefined;
      const call = send({ timeoutMs, signal, idempotent: false });
      return { reply: await translated(operation, connection, call) };
    };
    for (;;) {
      if (this.#stale) await this.#lock.exclusive(() => this.#initializeAgain({ signal }), { signal });
      const done = await this.#lock.shared(() => connection.keepingSecret(named, work), { signal });
      if (done !== undefined) return done.reply;
    }
  }

  /** Ends the plugin's connection to the database and lets it make one with the configuration as it is now. */
  async #initializeAgain({ signal }: VaultDatabaseCall): Promise<void> {
    if (!this.#stale) return;
    const { connection, setupTimeoutMs } = this.#parts;
    const call = { signal, timeoutMs: setupTimeoutMs, idempotent: true };
    const plugin = initializing(this.#client, connection, call);
    // A plugin that has no connection any more says so in words of its own.
    await plugin.close().catch((error: unknown) => {
      if (signal?.aborted === true || this.mount.closed) throw connection.redact(error);
    });
    await connection.initialize(plugin);
    this.#stale = false;
  }

  #rootUser(): string {
    const { config } = this.#parts.connection;
    const { username, password } = config;
    if (!this.#parts.stored) {
      throw refused('no later process could read the new password', {
        hint: 'Open the database with a `storage` that outlives the process.',
      });
    }
    if (typeof username !== 'string' || username === '' || typeof password !== 'string' || password === '')
      throw refused('the configuration has no username and password');
    const url = config['connection_url'];
    if (
      typeof url === 'string' &&
      [password, encodeURIComponent(password)].some((each) => url.includes(each))
    )
      throw refused('the connection_url holds the password itself', {
        hint: 'Write `{{username}}:{{password}}` in its place.',
      });
    return username;
  }

  #refuseCredential(operation: VaultDatabaseOperation, type: VaultCredentialType): void {
    if (this.credentialTypes.includes(type)) return;
    const known = this.credentialTypes.join(', ');
    const text = `${this.name} has no credentials of the type ${type}; it has ${known}`;
    throw new VaultDatabaseError(operation, { status: 'UNIMPLEMENTED', text });
  }
}

function commands({ statements }: { readonly statements?: readonly string[] | undefined }) {
  return { statements: { Commands: statements ?? [] } };
}

function refused(text: string, options: { hint?: string } = {}): BulkheadError {
  return new VaultDatabaseError('rotateRoot', { status: 'FAILED_PRECONDITION', text }, options);
}
