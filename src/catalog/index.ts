/** What is registered: plugins, plugin runtimes and pins, and the stores that keep them. */
export type { Damage } from './document.ts';
export { DamagedEntryError, EntryInUseError, EntryNotFoundError, StoreError } from './errors.ts';
export type { EntrySettings } from './entry-settings.ts';
export { effectiveReference, parseImageReference, type ImageReference } from './image-reference.ts';
export type { KindCatalog } from './kind-catalog.ts';
export type { KindEntry, KindRegistration } from './kind-entry.ts';
export { PluginCatalog, type Pin } from './plugin-catalog.ts';
export {
  toPluginEntry,
  type PluginEntry,
  type PluginInfo,
  type PluginRegistration,
  type SpeakingSettings,
} from './plugin-entry.ts';
export { RuntimeCatalog } from './runtime-catalog.ts';
export type { RuntimeEntry, RuntimeRegistration, RuntimeSettings } from './runtime-entry.ts';
export { fileStore, type FileStoreOptions } from './store/file-store.ts';
export { memoryStore } from './store/memory-store.ts';
export type { CatalogStore, DocumentKey, StrangeThing } from './store/store.ts';
export { canonicalVersion, compareVersions } from './version.ts';
