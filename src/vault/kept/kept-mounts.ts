/** The mounts that a storage keeps, opened in this process when they are needed. */
import { orAborted, type AbortOption } from '../../abort.ts';
import { BulkheadError } from '../../errors.ts';
import type { PluginHost } from '../../host/index.ts';
import { endAll } from '../../waiting/end-all.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';
import { openVaultMount } from '../mount/open-vault-mount.ts';
import type { VaultProblem } from '../mount/mount-options.ts';
import type { VaultMount } from '../mount/vault-mount.ts';
import type { FileStorage } from '../storage/file/file-storage.ts';
import { keptAnswer, listAnswer } from './answer.ts';
import { MountTable, type KeptMount, type MountChanges, type WantedMount } from './mount-table.ts';
import type { KeptAnswer, KeptRequest, Mounts } from './mounts.ts';

export interface KeptMountsOptions {
  /** Opens the host with the first mount that is opened, so that a list needs no engine. It is closed with the mounts, unless `keepsHost` is set. */
  readonly openHost: () => Promise<PluginHost>;
  /** Whether the host stays open when the mounts are closed. Default false. */
  readonly keepsHost?: boolean;
  /** Told what fails without a caller who waits for it. */
  readonly onProblem: (problem: VaultProblem) => void;
}

export class KeptMounts implements Mounts, AsyncDisposable {
  readonly #storage: FileStorage;
  readonly #table: MountTable;
  readonly #options: KeptMountsOptions;
  readonly #open = new Map<string, Promise<VaultMount>>();
  /** Those that are open, by their paths. */
  readonly #running = new Map<string, VaultMount>();
  /** One change of a mount at a time. */
  readonly #changes = new KeyedLock();
  readonly #life = new AbortController();
  #host: Promise<PluginHost> | undefined;

  private constructor(storage: FileStorage, table: MountTable, options: KeptMountsOptions) {
    this.#storage = storage;
    this.#table = table;
    this.#options = options;
  }

  /** Takes the storage, and closes it at the end, also when this fails. @throws VaultStorageError */
  static async open(storage: FileStorage, options: KeptMountsOptions): Promise<KeptMounts> {
    try {
      return new KeptMounts(storage, await MountTable.open(storage), options);
    } catch (error) {
      await storage.close().catch(() => undefined); // what went wrong first counts
      throw error;
    }
  }

  list(): Promise<readonly KeptMount[]> {
    return Promise.resolve(this.#table.list());
  }

  /**
   * Opens every mount, so that leases are revoked in time and plugins do their periodic work. What can't be opened is a
   * problem that is reported, and is tried again with the next request.
   */
  async openAll({ signal }: AbortOption): Promise<void> {
    await Promise.all(
      this.#table.list().map(async (mount) => {
        try {
          await orAborted(this.#mount(mount), signal);
        } catch (error) {
          signal?.throwIfAborted();
          this.#options.onProblem({ path: mount.path, what: 'it could not be opened', error });
        }
      }),
    );
  }

  enable(wanted: WantedMount, { signal }: AbortOption): Promise<KeptMount> {
    return this.#table.make(wanted, async (mount) => {
      const life = this.#life.signal;
      const opened = await this.#openMount(
        mount,
        signal === undefined ? life : AbortSignal.any([signal, life]),
      );
      this.#open.set(mount.path, Promise.resolve(opened));
      return mount;
    });
  }

  disable(path: string, { force, signal }: AbortOption & { readonly force: boolean }): Promise<boolean> {
    return this.#changes.take(
      path,
      async () => {
        const kept = this.#table.get(path);
        if (kept === undefined) return false;
        let mount: VaultMount | undefined;
        try {
          mount = await orAborted(this.#mount(kept), signal);
        } catch (error) {
          signal?.throwIfAborted();
          if (!force) throw error;
          this.#options.onProblem({ path, what: 'it is deleted without its plugin', error });
        }
        await mount?.destroy({ force });
        if (mount === undefined) await this.#table.erase(kept);
        else this.#table.forget(kept);
        this.#open.delete(path);
        this.#running.delete(path);
        return true;
      },
      { signal },
    );
  }

  async request(
    { operation, path, data }: KeptRequest,
    { signal }: AbortOption,
  ): Promise<KeptAnswer | undefined> {
    const { mount: kept, rest } = this.#table.route(path);
    const mount = await orAborted(this.#mount(kept), signal);
    if (operation === 'list') {
      const keys = await mount.list(rest, data, { signal });
      return keys.length === 0 ? undefined : listAnswer(keys);
    }
    const response = await mount[operation](rest, data, { signal });
    return response && keptAnswer(response);
  }

  /** Finds the mount that a path leads to. @throws BulkheadError `VAULT_MOUNT_NOT_FOUND` */
  route(path: string): { readonly mount: KeptMount; readonly rest: string } {
    return this.#table.route(path);
  }

  /** The mount of exactly this path, if there is one. */
  get(path: string): KeptMount | undefined {
    return this.#table.get(path);
  }

  /** The mount in use, which is opened if need be. @throws the errors of `openVaultMount` */
  opened(kept: KeptMount, { signal }: AbortOption): Promise<VaultMount> {
    return orAborted(this.#mount(kept), signal);
  }

  /** The mount of exactly this path, if its plugin is set up at this moment. */
  running(path: string): VaultMount | undefined {
    return this.#running.get(path);
  }

  /**
   * Changes what is kept of a mount. Whatever its plugin was set up with is changed by setting it up anew, for which requests
   * wait; a new version counts from the next reload on. If the plugin does not accept that, everything is as before.
   *
   * @throws BulkheadError `VAULT_MOUNT_NOT_FOUND`; VaultStorageError; the errors of `openVaultMount`
   */
  change(path: string, changes: MountChanges, { signal }: AbortOption): Promise<KeptMount> {
    return this.#changes.take(
      path,
      async () => {
        const before = this.#table.get(path);
        if (before === undefined) throw this.#table.unknown(path);
        const changed = await this.#table.change(before, changes);
        if (!needsSetup(before, changed) || !this.#open.has(path)) return changed;
        try {
          await this.#again(changed);
          return changed;
        } catch (error) {
          await this.#table.change(changed, before);
          await this.#again(before).catch(() => undefined); // the next request tries again
          throw error;
        }
      },
      { signal },
    );
  }

  /** Ends the plugins, then the host, then the storage, whatever fails. @throws the first failure */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort(new BulkheadError('HOST_CLOSED', 'the mounts are being closed'));
    const opened = await Promise.allSettled(this.#open.values());
    const mounts = opened.flatMap((mount) => (mount.status === 'fulfilled' ? [mount.value] : []));
    const host = await this.#host?.catch(() => undefined);
    await endAll([
      ...mounts.map((mount) => () => mount.close()),
      () => (this.#options.keepsHost === true ? undefined : host?.close()),
      () => this.#storage.close(),
    ]);
  }

  #mount(kept: KeptMount, first?: () => Promise<void>): Promise<VaultMount> {
    const { path } = kept;
    let mount = this.#open.get(path);
    if (mount === undefined) {
      // Several requests may wait for it, so none of them ends it.
      mount = (first?.() ?? Promise.resolve()).then(() => this.#openMount(kept, this.#life.signal));
      this.#open.set(path, mount);
      mount.catch(() => {
        if (this.#open.get(path) === mount) this.#open.delete(path); // the next request tries again
      });
    }
    return mount;
  }

  /** Closes a mount and opens it as it is kept by now. Requests wait for it meanwhile. */
  #again(kept: KeptMount): Promise<VaultMount> {
    const last = this.#open.get(kept.path);
    this.#open.delete(kept.path);
    this.#running.delete(kept.path);
    return this.#mount(kept, async () => (await last?.catch(() => undefined))?.close());
  }

  async #openMount(
    { path, uuid, type, name, version, config, tuning = {} }: KeptMount,
    signal: AbortSignal,
  ): Promise<VaultMount> {
    this.#host ??= this.#options.openHost();
    const { defaultLeaseTtlMs, maxLeaseTtlMs } = tuning;
    const mount = await openVaultMount(await this.#host, {
      ...{ path, uuid, type, name, config, signal },
      version: version === '' ? undefined : version,
      system: { defaultLeaseTtlMs, maxLeaseTtlMs },
      storage: this.#storage,
      onProblem: this.#options.onProblem,
    });
    this.#running.set(path, mount);
    return mount;
  }
}

/** Whether a change concerns what the plugin was set up with. */
function needsSetup(before: KeptMount, after: KeptMount): boolean {
  const told = ({ config, tuning }: KeptMount): string =>
    JSON.stringify([config, tuning?.defaultLeaseTtlMs, tuning?.maxLeaseTtlMs]);
  return told(before) !== told(after);
}
