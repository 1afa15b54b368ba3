import type { AbortOption } from '../../abort.ts';
import type { PluginCatalog } from '../../catalog/index.ts';
import type { Mount } from './mount.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { Resolver, UnregisteredPlugin } from '../launching/resolver.ts';

/** What a mount was asked for. */
export type Source =
  | {
      readonly kind: 'registered';
      readonly type: string;
      readonly name: string;
      /** `undefined`: the pinned one, or the newest. */
      readonly version: string | undefined;
    }
  | { readonly kind: 'unregistered'; readonly plugin: UnregisteredPlugin };

/** What every mount was asked for, and what that means by now. */
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

  /** `undefined` while the mount is being made. */
  of(mount: Mount): Source | undefined {
    return this.#sources.get(mount);
  }

  async resolve(source: Source, options: AbortOption): Promise<ResolvedPlugin> {
    if (source.kind === 'unregistered') return this.#resolver.unregistered(source.plugin, options);
    const { type, name, version } = source;
    return this.#resolver.registered(await this.#catalog.resolve(type, name, version), options);
  }
}

/** The same in another version, if one is given and there are versions of it. */
export function inVersion(source: Source, version: string | undefined): Source {
  return source.kind === 'registered' && version !== undefined ? { ...source, version } : source;
}
