/** What is stored of a database: its configuration, and a password of which it is not known whether it counts. */
import { VaultStorageError } from '../errors.ts';
import { isObject } from '../requests/raw-answer.ts';
import { StorageArea } from '../storage/area.ts';
import type { VaultStorage } from '../storage/storage.ts';
import type { StructData } from '../wire/struct.ts';

export interface ConnectionRecord {
  /** As the caller gave it. */
  readonly given: StructData;
  /** As the plugin wants it to be kept, with the password that counts. */
  readonly config: StructData;
  /** A password that the database has been given, or was about to be given. */
  readonly pendingPassword?: string | undefined;
}

export class ConnectionStore {
  readonly #area: StorageArea;
  readonly #key: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(storage: VaultStorage, path: string) {
    this.#area = new StorageArea(storage, 'core/databases/');
    this.#key = path.replace(/\/$/, '');
  }

  /** @throws VaultStorageError */
  async read(): Promise<ConnectionRecord | undefined> {
    const entry = await this.#area.get(this.#key);
    if (entry === undefined) return undefined;
    try {
      const record: unknown = JSON.parse(Buffer.from(entry.value).toString('utf8'));
      if (isRecord(record)) return record;
    } catch {
      // It is no JSON, which is said below.
    }
    const place = this.#area.prefix + this.#key;
    throw new VaultStorageError('VAULT_STORAGE_DAMAGED', place, `the configuration ${place} can't be read`);
  }

  /** Writes one after the other. @throws VaultStorageError */
  write(record: ConnectionRecord): Promise<void> {
    const write = this.#last.then(() =>
      this.#area.put(this.#key, { value: Buffer.from(JSON.stringify(record)) }),
    );
    this.#last = write.catch(() => undefined);
    return write;
  }
}

function isRecord(value: unknown): value is ConnectionRecord {
  if (!isObject(value)) return false;
  const { given, config, pendingPassword } = value;
  return isObject(given) && isObject(config) && ['string', 'undefined'].includes(typeof pendingPassword);
}
