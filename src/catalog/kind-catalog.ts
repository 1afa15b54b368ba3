import type { AbortOption } from '../abort.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkArgument, fieldsOf } from '../settings/option-shape.ts';
import { checkAbortOptions, checkFilledText } from './catalog-checks.ts';
import { readDocument, readDocuments, writeDocument, type Damage, type DocumentForm } from './document.ts';
import { EntryInUseError, EntryNotFoundError } from './errors.ts';
import {
  kindDocument,
  kindFields,
  toKindEntry,
  type KindEntry,
  type KindRegistration,
} from './kind-entry.ts';
import { pluginDocument } from './plugin-entry.ts';
import type { CatalogStore, DocumentKey } from './store/store.ts';

/** Accepts any object; `toKindEntry` checks what is in it. */
const anyObject = fieldsOf<object>({});

/** Registered kinds of plugins. Every host and command that uses the directory knows them. */
export class KindCatalog {
  readonly #store: CatalogStore;
  readonly #taken: ReadonlySet<string>;

  /** @param taken names of kinds that the program itself brings, which can't be registered */
  constructor(store: CatalogStore, taken: Iterable<string> = []) {
    this.#store = store;
    this.#taken = new Set(taken);
  }

  /**
   * Registers a kind, or changes the one of that name. Running plugins go on as they were started, and show as drifted
   * until they are reloaded.
   *
   * @throws InvalidOptionError before anything is done; StoreError, and then nothing has changed
   */
  async register(registration: KindRegistration, options: AbortOption = {}): Promise<KindEntry> {
    checkArgument('kinds.register', 'registration', anyObject, registration);
    checkAbortOptions('kinds.register', options);
    const entry = toKindEntry(registration);
    if (this.#taken.has(entry.name)) {
      throw new InvalidOptionError('name', `${entry.name} is a kind that is built in`, {
        hint: 'Register it under another name; the built-in one stays as it is.',
      });
    }
    await this.#store.exclusively(
      () => this.#store.put(kindKey(entry.name), writeDocument(kindDocument.kind, kindFields(entry))),
      options,
    );
    return entry;
  }

  /** @throws EntryNotFoundError; DamagedEntryError naming the file; StoreError */
  async info(name: string): Promise<KindEntry> {
    checkFilledText('kinds.info', 'name', name);
    const entry = await this.find(name);
    if (entry !== undefined) return entry;
    const { entries } = await this.list();
    throw new EntryNotFoundError(
      `kind ${JSON.stringify(name)}`,
      entries.map((each) => each.name),
    );
  }

  /** Returns the kind of that name; `undefined` when none is registered. @throws DamagedEntryError, StoreError */
  async find(name: string): Promise<KindEntry | undefined> {
    checkFilledText('kinds.find', 'name', name);
    return readDocument(this.#store, kindKey(name), kindForm(name));
  }

  /** Lists the kinds, sorted by name. `damaged` lists what can't be read as a kind. @throws StoreError */
  async list(): Promise<{ entries: KindEntry[]; damaged: Damage[] }> {
    const { entries, damaged } = await readDocuments(this.#store, ['kinds'], kindDocument);
    return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), damaged };
  }

  /**
   * Removes a kind.
   *
   * @throws EntryNotFoundError when there is none; EntryInUseError naming the plugins of this type; StoreError
   */
  async deregister(name: string, options: AbortOption = {}): Promise<void> {
    checkFilledText('kinds.deregister', 'name', name);
    checkAbortOptions('kinds.deregister', options);
    if (this.#taken.has(name) && (await this.find(name)) === undefined) {
      throw new InvalidOptionError('name', `${name} is a kind that is built in, and stays`);
    }
    await this.#store.exclusively(async () => {
      const { entries, damaged } = await readDocuments(this.#store, ['plugins', name], pluginDocument);
      const users = [
        ...entries.map((plugin) => [plugin.type, plugin.name, plugin.version].join(' ').trim()),
        ...damaged.map(({ place, reason }) => `${place} (which ${reason})`),
      ];
      if (users.length > 0) {
        throw new EntryInUseError(
          `the kind ${name} is in use by ${users.join(', ')}`,
          users,
          'Deregister these plugins first, or register them under another type.',
        );
      }
      if (!(await this.#store.delete(kindKey(name)))) await this.info(name); // which reports the names that exist
    }, options);
  }
}

/** The document of a kind under its own name: a copy under another name is not that kind. */
function kindForm(name: string): DocumentForm<KindEntry> {
  return {
    kind: kindDocument.kind,
    schema: kindDocument.schema.refine((entry) => entry.name === name, { path: ['name'] }),
  };
}

function kindKey(name: string): DocumentKey {
  return ['kinds', name];
}
