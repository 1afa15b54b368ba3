import {
  checkAbortOptions,
  checkPutOptions,
  checkEntry,
  checkListOptions,
  checkText,
  checkTypeAndName,
} from './catalog-checks.ts';
import type { AbortOption } from '../abort.ts';
import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { readDocument, readDocuments, writeDocument, type Damage, type DocumentForm } from './document.ts';
import { EntryInUseError, EntryNotFoundError } from './errors.ts';
import {
  pluginDocument,
  pluginFields,
  toPluginInfo,
  type PluginEntry,
  type PluginInfo,
} from './plugin-entry.ts';
import { KindCatalog } from './kind-catalog.ts';
import type { RuntimeCatalog } from './runtime-catalog.ts';
import type { CatalogStore, DocumentKey } from './store/store.ts';
import { canonicalVersion, compareVersions } from './version.ts';

/** The version that a name stands for when no version is asked for. */
export interface Pin {
  readonly type: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Registered plugins. An entry is identified by type, name and version; the empty version is the one unversioned entry
 * of a name. Changing an entry does not affect running plugins.
 */
export class PluginCatalog {
  readonly #store: CatalogStore;
  readonly #runtimes: RuntimeCatalog;

  constructor(store: CatalogStore, runtimes: RuntimeCatalog) {
    this.#store = store;
    this.#runtimes = runtimes;
  }

  /**
   * Stores an entry that has been checked, replacing the one of the same type, name and version.
   *
   * @param options.ofRegisteredKind whether its type is a kind that is registered, and has to be there
   * @throws EntryNotFoundError when its runtime, or the kind, is not registered; StoreError, and then nothing has changed
   */
  async put(
    entry: PluginEntry,
    options: AbortOption & { readonly ofRegisteredKind?: boolean | undefined } = {},
  ): Promise<PluginInfo> {
    checkEntry('plugins.put', entry);
    checkPutOptions('plugins.put', options);
    await this.#store.exclusively(async () => {
      if (options.ofRegisteredKind === true) await new KindCatalog(this.#store).info(entry.type);
      if (entry.runtime !== '') await this.#runtimes.info(entry.runtime);
      await this.#store.put(pluginKey(entry), writeDocument('plugin', pluginFields(entry)));
    }, options);
    return toPluginInfo(entry);
  }

  /**
   * Removes an entry; resolves to whether there was one. @throws EntryInUseError when that version is pinned;
   * StoreError
   */
  async deregister(type: string, name: string, version = '', options: AbortOption = {}): Promise<boolean> {
    checkTypeAndName('plugins.deregister', type, name);
    checkText('plugins.deregister', 'version', version);
    checkAbortOptions('plugins.deregister', options);
    const wanted = canonicalVersion(version);
    return this.#store.exclusively(async () => {
      const pin = await this.pinned(type, name);
      if (pin === wanted) {
        throw new EntryInUseError(
          `version ${wanted} of ${type} ${name} is pinned`,
          [`pin ${type} ${name}`],
          'Remove the pin first, or pin another version.',
        );
      }
      return this.#store.delete(pluginKey({ type, name, version: wanted }));
    }, options);
  }

  /** @throws as `resolve` */
  async info(type: string, name: string, version?: string): Promise<PluginInfo> {
    return toPluginInfo(await this.resolve(type, name, version));
  }

  /**
   * Lists the entries, sorted by type, name and version. `damaged` lists what can't be read as an entry.
   *
   * @throws StoreError
   */
  async list(options: { type?: string | undefined } = {}): Promise<{
    entries: PluginInfo[];
    damaged: Damage[];
  }> {
    checkListOptions('plugins.list', options);
    const { type } = options;
    const { entries, damaged } = await this.#entries(type === undefined ? [] : [type]);
    return { entries: entries.map(toPluginInfo), damaged };
  }

  /**
   * Returns the entry that runs when `version` is asked for; when none is, the pinned one, else the unversioned one,
   * else that of the highest version. It holds the values of `env`, so it must not be shown.
   *
   * @throws InvalidOptionError when a version is asked for and another one is pinned
   * @throws EntryNotFoundError naming the versions that exist; DamagedEntryError; StoreError
   */
  async resolve(type: string, name: string, version?: string): Promise<PluginEntry> {
    checkTypeAndName('plugins.resolve', type, name);
    if (version !== undefined) checkText('plugins.resolve', 'version', version);
    const pin = await this.pinned(type, name);
    const asked = version === undefined ? undefined : canonicalVersion(version);
    if (asked !== undefined && pin !== undefined && asked !== pin) {
      throw new InvalidOptionError(
        'version',
        `${asked || 'the unversioned one'} was asked for, but ${pin} is pinned`,
        {
          hint: 'Leave out the version, or remove the pin.',
        },
      );
    }
    const exact = asked ?? pin ?? '';
    const entry = await readDocument(this.#store, pluginKey({ type, name, version: exact }), pluginDocument);
    if (entry !== undefined) return entry;
    const { entries, damaged } = await this.#entries([type, name]);
    const highest = entries.at(-1);
    if (asked === undefined && pin === undefined && highest !== undefined) return highest;
    throw await this.#notFound({ type, name, version: exact }, entries, damaged);
  }

  /** Makes `version` the one that runs wherever no version is asked for. It must be registered. */
  async pin(type: string, name: string, version: string, options: AbortOption = {}): Promise<Pin> {
    checkTypeAndName('plugins.pin', type, name);
    checkText('plugins.pin', 'version', version);
    checkAbortOptions('plugins.pin', options);
    const pin = { type, name, version: canonicalVersion(version) };
    if (pin.version === '')
      throw new InvalidOptionError('version', 'must be given: an unversioned plugin needs no pin');
    await this.#store.exclusively(async () => {
      const entry = await readDocument(this.#store, pluginKey(pin), pluginDocument);
      if (entry === undefined) {
        const { entries, damaged } = await this.#entries([type, name]);
        throw await this.#notFound(pin, entries, damaged);
      }
      await this.#store.put(pinKey(type, name), writeDocument('pin', { ...pin }));
    }, options);
    return pin;
  }

  /** Removes a pin; resolves to whether there was one. */
  async unpin(type: string, name: string, options: AbortOption = {}): Promise<boolean> {
    checkTypeAndName('plugins.unpin', type, name);
    checkAbortOptions('plugins.unpin', options);
    return this.#store.exclusively(() => this.#store.delete(pinKey(type, name)), options);
  }

  /** Returns the pinned version, if there is one. @throws DamagedEntryError, StoreError */
  async pinned(type: string, name: string): Promise<string | undefined> {
    checkTypeAndName('plugins.pinned', type, name);
    return (await readDocument(this.#store, pinKey(type, name), pinDocument))?.version;
  }

  /** Lists the pins, sorted by type and name. */
  async pins(): Promise<{ entries: Pin[]; damaged: Damage[] }> {
    const { entries, damaged } = await readDocuments(this.#store, ['pins'], pinDocument);
    return { entries: entries.sort(byIdentity), damaged };
  }

  async #entries(below: DocumentKey): Promise<{ entries: PluginEntry[]; damaged: Damage[] }> {
    const { entries, damaged } = await readDocuments(this.#store, ['plugins', ...below], pluginDocument);
    return { entries: entries.sort(byIdentity), damaged };
  }

  async #notFound(
    { type, name, version }: Pin,
    versions: readonly PluginEntry[],
    damaged: readonly Damage[],
  ): Promise<EntryNotFoundError> {
    if (versions.length > 0 || damaged.length > 0) {
      const what = `${version === '' ? 'unversioned entry' : `version ${version}`} of ${type} ${name}`;
      const broken = damaged.map(({ place, reason }) => `a damaged file (${place} ${reason})`);
      const known = versions.map((each) => each.version || 'an unversioned entry');
      return new EntryNotFoundError(what, [...known, ...broken]);
    }
    const { entries } = await this.#entries([]);
    const names = new Set(entries.map((each) => `${each.type} ${each.name}`));
    return new EntryNotFoundError(`plugin ${type} ${name}`, [...names]);
  }
}

const pinDocument: DocumentForm<Pin> = {
  kind: 'pin',
  schema: z.strictObject({ type: z.string(), name: z.string(), version: z.string().regex(/^v\d/) }),
};

/** Stands for no version in a key: versions begin with `v`, so none is called this. */
const unversioned = 'unversioned';

function pluginKey({ type, name, version }: Pin): DocumentKey {
  return ['plugins', type, name, version === '' ? unversioned : version];
}

function pinKey(type: string, name: string): DocumentKey {
  return ['pins', type, name];
}

function byIdentity(a: Pin, b: Pin): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}
