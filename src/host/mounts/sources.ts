import type { AbortOption } from '../../abort.ts';
import type { PluginCatalog } from '../../catalog/index.ts';
import type { Mount } from './mount.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { Resolver, UnregisteredPlugin } from '../launching/resolver.ts';

/** What a mount asked for. */
export type Source =
  | {
      readonly kind: 'registered';
      readonly type: string;
      readonly name: string;
      /** `undefined`: the pinned version, or the newest. */
      readonly version: string | undefined;
    }
  | { readonly kind: 'unregistered'; readonly plugin: UnregisteredPlugin };

/** Remembers what every mount asked for, and resolves it as the catalogs stand now. */
export class Sources {
  readonly #catalog: PluginCatalog;
  readonly #resolver: Resolver;
  readonly #sources = new WeakMap<Mount, Source>();

  constructor(catalog: PluginCatalog, resolver: Resolver) {
    this.#catalog = catalog;
    this.#resolver = resolver;
  }

  set(mount: Mount, source: Source): void {
    this.#sources.set(mount, source);
  }

  /** Returns `undefined` while the mount is being made. */
  of(mount: Mount): Source | undefined {
    return this.#sources.get(mount);
  }

  async resolve(source: Source, options: AbortOption): Promise<ResolvedPlugin> {
    if (source.kind === 'unregistered') return this.#resolver.unregistered(source.plugin, options);
    const { type, name, version } = source;
    return this.#resolver.registered(await this.#catalog.resolve(type, name, version), options);
  }
}

/** The same source in another version, if one is given and the plugin is a registered one. */
export function inVersion(source: Source, version: string | undefined): Source {
  return source.kind === 'registered' && version !== undefined ? { ...source, version } : source;
}
