/** What mounts with the same uuid on the same storage have in common: their data, their leases, who is to be told. */
import { LeaseBook } from '../leases/lease-book.ts';
import { StorageArea } from '../storage/area.ts';
import type { VaultStorage } from '../storage/storage.ts';

/** One plugin that works with the data of an area. */
export interface AreaUser {
  /** Tells the plugin that the entry was changed by somebody else. */
  invalidate(key: string): void;
}

/** A mount of the area. A host that closes ends its mounts by itself. */
export interface AreaMount {
  readonly mount: { readonly closed: boolean };
}

export class SharedArea {
  readonly data: StorageArea;
  readonly leases: LeaseBook;
  readonly #users = new Set<AreaUser>();
  /** Mounts, the first of which does what only one may do. */
  readonly #mounts = new Set<AreaMount>();
  #unwatch: (() => void) | undefined;

  constructor(storage: VaultStorage, uuid: string) {
    this.data = new StorageArea(storage, `mounts/${uuid}/data/`);
    this.leases = new LeaseBook(new StorageArea(storage, `mounts/${uuid}/leases/`));
  }

  enter(mount: AreaMount): void {
    this.#mounts.add(mount);
    this.#unwatch ??= this.data.watch((key) => {
      this.changed(key);
    });
  }

  leave(mount: AreaMount): void {
    this.#mounts.delete(mount);
    if (this.#mounts.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** Whether this mount is the one that sends what is sent once for all, such as rollbacks. */
  isFirst(mount: AreaMount): boolean {
    return [...this.#mounts].find((each) => !each.mount.closed) === mount;
  }

  add(user: AreaUser): void {
    this.#users.add(user);
  }

  remove(user: AreaUser): void {
    this.#users.delete(user);
  }

  /** @param by the plugin that changed the entry; `undefined` for somebody outside of this process */
  changed(key: string, by?: AreaUser): void {
    for (const user of this.#users) if (user !== by) user.invalidate(key);
  }
}

/** By storage and uuid; a storage that nobody uses any more is forgotten with what belongs to it. */
const areas = new WeakMap<VaultStorage, Map<string, SharedArea>>();

export function sharedArea(storage: VaultStorage, uuid: string): SharedArea {
  let ofStorage = areas.get(storage);
  if (ofStorage === undefined) areas.set(storage, (ofStorage = new Map<string, SharedArea>()));
  let area = ofStorage.get(uuid);
  if (area === undefined) ofStorage.set(uuid, (area = new SharedArea(storage, uuid)));
  return area;
}
