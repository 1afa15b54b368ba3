import type { AbortOption } from '../abort.ts';
import { checkArgument, fieldsOf } from '../settings/option-shape.ts';
import { checkAbortOptions, checkFilledText } from './catalog-checks.ts';
import { readDocument, readDocuments, writeDocument, type Damage } from './document.ts';
import { EntryInUseError, EntryNotFoundError } from './errors.ts';
import { pluginDocument } from './plugin-entry.ts';
import {
  runtimeDocument,
  runtimeFields,
  toRuntimeEntry,
  type RuntimeEntry,
  type RuntimeRegistration,
} from './runtime-entry.ts';
import type { CatalogStore, DocumentKey } from './store/store.ts';

/** Accepts any object; `toRuntimeEntry` checks what is in it. */
const anyObject = fieldsOf<object>({});

/** Registered plugin runtimes. */
export class RuntimeCatalog {
  readonly #store: CatalogStore;

  constructor(store: CatalogStore) {
    this.#store = store;
  }

  /**
   * Registers a runtime, or changes the one of that name. Running plugins go on as they were started, and show as
   * drifted.
   *
   * @throws InvalidOptionError before anything is done; StoreError, and then nothing has changed
   */
  async register(registration: RuntimeRegistration, options: AbortOption = {}): Promise<RuntimeEntry> {
    checkArgument('runtimes.register', 'registration', anyObject, registration);
    checkAbortOptions('runtimes.register', options);
    const entry = toRuntimeEntry(registration);
    await this.#store.exclusively(
      () => this.#store.put(runtimeKey(entry.name), writeDocument('runtime', runtimeFields(entry))),
      options,
    );
    return entry;
  }

  /** @throws EntryNotFoundError; DamagedEntryError naming the file; StoreError */
  async info(name: string): Promise<RuntimeEntry> {
    checkFilledText('runtimes.info', 'name', name);
    const entry = await readDocument(this.#store, runtimeKey(name), runtimeDocument);
    if (entry !== undefined) return entry;
    const { entries } = await this.list();
    throw new EntryNotFoundError(
      `plugin runtime ${JSON.stringify(name)}`,
      entries.map((each) => each.name),
    );
  }

  /** Lists the runtimes, sorted by name. `damaged` lists what can't be read as a runtime. @throws StoreError */
  async list(): Promise<{ entries: RuntimeEntry[]; damaged: Damage[] }> {
    const { entries, damaged } = await readDocuments(this.#store, ['runtimes', 'container'], runtimeDocument);
    return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), damaged };
  }

  /** @throws EntryNotFoundError when there is none; EntryInUseError naming the plugins that refer to it; StoreError */
  async deregister(name: string, options: AbortOption = {}): Promise<void> {
    checkFilledText('runtimes.deregister', 'name', name);
    checkAbortOptions('runtimes.deregister', options);
    await this.#store.exclusively(async () => {
      const { entries: plugins } = await readDocuments(this.#store, ['plugins'], pluginDocument);
      const users = plugins
        .filter(({ runtime }) => runtime === name)
        .map((plugin) => [plugin.type, plugin.name, plugin.version].join(' ').trim());
      if (users.length > 0) {
        throw new EntryInUseError(
          `the plugin runtime ${name} is in use by ${users.join(', ')}`,
          users,
          'Deregister these plugins, or register them with another runtime.',
        );
      }
      if (!(await this.#store.delete(runtimeKey(name)))) await this.info(name); // which reports the names that exist
    }, options);
  }
}

function runtimeKey(name: string): DocumentKey {
  return ['runtimes', 'container', name];
}
