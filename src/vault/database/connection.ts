/** The configuration of a database over time: what plugins are initialised with, and what must not be shown of it. */
import { VaultDatabaseError } from '../errors.ts';
import type { StructData } from '../wire/struct.ts';
import type { ConnectionRecord, ConnectionStore } from './connection-record.ts';
import { secretsIn, withoutSecrets, type Secret } from './secrets.ts';

/** The calls by which a plugin is initialised. Their errors are those of a database, without secrets. */
export interface Initializing {
  /** @returns what the plugin wants to be kept; `undefined` for nothing */
  initialize(config: StructData, verify: boolean): Promise<StructData | undefined>;
  /** Ends what `initialize` has begun. */
  close(): Promise<void>;
}

export class Connection {
  readonly #store: ConnectionStore | undefined;
  #record: ConnectionRecord;
  /** Whether the plugin has accepted the configuration. */
  #accepted: boolean;
  #verify: boolean;
  #rotating = false;
  readonly #inUse = new Set<Secret>();

  /**
   * @param accepted whether a plugin has answered this configuration already, and the answer is the one in the record
   * @param verify whether the first plugin has to connect to the database
   */
  constructor(
    record: ConnectionRecord,
    options: {
      readonly accepted: boolean;
      readonly verify: boolean;
      readonly store: ConnectionStore | undefined;
    },
  ) {
    this.#record = record;
    this.#accepted = options.accepted;
    this.#verify = options.verify;
    this.#store = options.store;
  }

  get config(): StructData {
    return this.#record.config;
  }

  /** Takes the secrets of this database, and of its requests under way, out of an error. */
  readonly redact = (error: unknown): unknown => {
    const { given, config, pendingPassword: value } = this.#record;
    const pending = value === undefined ? [] : [{ name: 'password', value }];
    return withoutSecrets(error, [...this.#inUse, ...pending, ...secretsIn(config), ...secretsIn(given)]);
  };

  /** Does the work, in whose errors these secrets are not to be found. */
  async keepingSecret<T>(secrets: readonly Secret[], work: () => Promise<T>): Promise<T> {
    for (const secret of secrets) this.#inUse.add(secret);
    try {
      return await work();
    } catch (error) {
      throw this.redact(error);
    } finally {
      for (const secret of secrets) this.#inUse.delete(secret);
    }
  }

  /**
   * Initialises a plugin. Finds out which password counts, if that is not known.
   *
   * @throws the errors of a call, VaultStorageError
   */
  async initialize(plugin: Initializing): Promise<void> {
    const { config, pendingPassword } = this.#record;
    if (pendingPassword !== undefined) {
      await this.#findOut(plugin, pendingPassword);
    } else {
      const answer = await plugin.initialize(config, this.#verify);
      if (!this.#accepted) await this.#save({ given: this.#record.given, config: answer ?? config });
      this.#accepted = true;
    }
    this.#verify = false; // a database that is away must not keep a plugin from being started again
  }

  /**
   * Gives the plugin's own user another password by `change`, which is in the storage before. The plugin still has to be
   * initialised with it.
   *
   * @throws the errors of `change`, after which it is not known which password counts; VaultStorageError
   */
  async rotate(password: string, change: () => Promise<void>): Promise<void> {
    await this.#save({ ...this.#record, pendingPassword: password });
    this.#rotating = true;
    try {
      await change();
    } finally {
      this.#rotating = false;
    }
    await this.#settle(password);
  }

  /** Whether the password counts by which {@link rotate} was to replace the one before. */
  has(password: string): boolean {
    return this.#record.pendingPassword === undefined && this.#record.config['password'] === password;
  }

  async #findOut(plugin: Initializing, pending: string): Promise<void> {
    const before = this.#record.config['password'];
    try {
      await plugin.initialize({ ...this.#record.config, password: pending }, true);
      await this.#settle(pending);
      return;
    } catch (error) {
      if (!(error instanceof VaultDatabaseError)) throw error;
      await plugin.close().catch(() => undefined);
    }
    await plugin.initialize(this.#record.config, true);
    // While the database is being told, this plugin may have asked too early.
    if (typeof before === 'string') await this.#settle(before);
  }

  async #settle(password: string): Promise<void> {
    if (this.#rotating) return;
    const { given, config } = this.#record;
    await this.#save({ given, config: { ...config, password } });
  }

  async #save(record: ConnectionRecord): Promise<void> {
    await this.#store?.write(record);
    this.#record = record;
  }
}
