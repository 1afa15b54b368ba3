/** One plugin as one mount uses it, from Setup to Cleanup (Vault: sdk/plugin, grpc_backend_client.go). */
import { BulkheadError } from '../../errors.ts';
import {
  PluginCallError,
  type BrokeredServer,
  type CallMetadata,
  type CallOptions,
  type ClientFor,
  type Plugin,
} from '../../goplugin/index.ts';
import { refuseError } from '../requests/reply.ts';
import { noticeServices, type NoticeListeners } from '../serving/notices.ts';
import { storageService, type StorageAccess } from '../serving/storage-service.ts';
import { systemViewService, type VaultSystem } from '../serving/system-view.ts';
import type { BackendService, VaultServices } from '../wire/services.ts';
import { Invalidations } from './invalidations.ts';
import type { AreaUser, SharedArea } from './shared-area.ts';
import { readSpecialPaths, type SpecialPaths } from './special-paths.ts';

/** What every plugin of a mount gets, whichever serves it. */
export interface SessionSettings extends NoticeListeners {
  readonly services: VaultServices;
  readonly area: SharedArea;
  readonly uuid: string;
  readonly type: 'secret' | 'auth';
  readonly name: string;
  readonly version: string;
  readonly config: Readonly<Record<string, string>>;
  readonly system: VaultSystem;
  readonly setupTimeoutMs: number;
  /** Called for what fails without a caller who waits for it. */
  readonly problem: (what: string, error: unknown) => void;
  /** Called with why the storage failed. */
  readonly storageFailed: (error: unknown) => void;
}

export interface SessionContext {
  /** Sent with every call: the id by which the plugin tells its mounts apart. */
  readonly metadata: CallMetadata | undefined;
  readonly mlock: boolean;
  readonly signal: AbortSignal;
}

/** How long a plugin may take to hear that an entry was changed, and to be told that its mount is closed. */
const noticeMs = 5_000;
const backendTypes = { 1: 'secret', 2: 'auth' } as const;

export class Session implements AreaUser, StorageAccess {
  readonly #settings: SessionSettings;
  readonly #client: ClientFor<BackendService>;
  readonly #metadata: CallMetadata | undefined;
  readonly #invalidations: Invalidations;
  #offer: BrokeredServer | undefined;
  #isSetUp = false;
  state: StorageAccess['state'] = 'setup';
  specialPaths: SpecialPaths = readSpecialPaths(null);
  /** As the plugin says it; empty when it says nothing. */
  reportedVersion = '';

  private constructor(plugin: Plugin, settings: SessionSettings, metadata: CallMetadata | undefined) {
    this.#settings = settings;
    this.#client = plugin.client(settings.services['pb.Backend']);
    this.#metadata = metadata;
    this.#invalidations = new Invalidations(async (key) => {
      await this.#client.InvalidateKey({ key }, { metadata, timeoutMs: noticeMs });
    }, settings.problem);
  }

  /**
   * Sets the plugin up for the mount and initialises it.
   *
   * @throws `VAULT_SETUP_REFUSED`, `PLUGIN_MISMATCH`, the errors of a call
   */
  static async open(plugin: Plugin, settings: SessionSettings, context: SessionContext): Promise<Session> {
    const session = new Session(plugin, settings, context.metadata);
    settings.area.add(session);
    void plugin.disconnected.then(() => {
      session.#end();
    });
    try {
      await session.#setUp(plugin, context);
      return session;
    } catch (error) {
      await session.#giveUp(context.signal);
      throw error;
    }
  }

  invalidate(key: string): void {
    if (this.state !== 'closed') this.#invalidations.add(key);
  }

  /** Resolves when the plugin knows of all changes by others; `undefined` when it does. */
  get informed(): Promise<void> | undefined {
    return this.#invalidations.told;
  }

  changed(key: string): void {
    this.#settings.area.changed(key, this);
  }

  failed(error: unknown): void {
    this.#settings.storageFailed(error);
  }

  /** Tells the plugin that the mount leaves it. Its storage is gone afterwards. */
  async cleanUp(signal?: AbortSignal): Promise<void> {
    try {
      if (this.state !== 'closed')
        await this.#client.Cleanup({}, { metadata: this.#metadata, timeoutMs: noticeMs, signal });
    } finally {
      await this.#close();
    }
  }

  async #setUp(plugin: Plugin, { metadata, mlock, signal }: SessionContext): Promise<void> {
    const { services, area, uuid, type, name, version, config, system, setupTimeoutMs } = this.#settings;
    const call: CallOptions = { metadata, signal, timeoutMs: setupTimeoutMs };
    const client = this.#client;
    this.#offer = await plugin.broker.serve(
      [
        storageService(services['pb.Storage'], area.data, this),
        systemViewService(services['pb.SystemView'], system, { mlock, clusterId: uuid }),
        ...noticeServices(services, this.#settings),
      ],
      { signal },
    );
    const setup = await unlessUnimplemented(
      client.Setup(
        {
          broker_id: this.#offer.id,
          Config: { ...config, plugin_name: name, plugin_type: type, plugin_version: version },
          backendUUID: uuid,
        },
        call,
      ),
    );
    if (setup === undefined)
      throw mismatch(`${name} is neither a secrets engine nor an auth method: it has no Setup`);
    const { err } = setup;
    if (err !== '') throw refused(name, `does not accept its setup: ${err}`);
    this.#isSetUp = true;
    const versions = plugin.client(services['logical.PluginVersion']);
    this.reportedVersion = (await unlessUnimplemented(versions.Version({}, call)))?.plugin_version ?? '';
    const found = backendTypes[(await client.Type({}, call)).type as 1 | 2] as string | undefined;
    if (found !== type) throw mismatch(`${name} is of type ${found ?? 'unknown'}, not ${type}`);
    this.specialPaths = readSpecialPaths((await client.SpecialPaths({}, call)).paths);
    this.state = 'open';
    const initialized = await unlessUnimplemented(client.Initialize({}, call));
    try {
      refuseError({ operation: 'update', path: 'initialize' }, initialized?.err ?? null);
    } catch (cause) {
      throw refused(name, `could not be initialised: ${(cause as Error).message}`, cause);
    }
    this.#invalidations.open();
  }

  /**
   * Takes the setup back. The plugin may serve other mounts and live on, and would keep for ever what it has made for
   * this one.
   */
  async #giveUp(signal: AbortSignal): Promise<void> {
    const cleanedUp = this.#isSetUp ? this.cleanUp() : this.#close();
    // The first error counts, and who has aborted does not wait for the plugin.
    const done = cleanedUp.catch(() => undefined);
    if (!signal.aborted) await done;
  }

  async #close(): Promise<void> {
    this.#end();
    await this.#offer?.close();
  }

  #end(): void {
    this.state = 'closed';
    this.#invalidations.close();
    this.#settings.area.remove(this);
  }
}

function mismatch(what: string): BulkheadError {
  return new BulkheadError('PLUGIN_MISMATCH', what, { hint: 'Register and mount it under its own type.' });
}

function refused(name: string, what: string, cause?: unknown): BulkheadError {
  return new BulkheadError('VAULT_SETUP_REFUSED', `${name} ${what}`, {
    cause,
    hint: 'Its `config` may be wrong, or lack something; the plugin says what.',
  });
}

async function unlessUnimplemented<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PluginCallError && error.status === 'UNIMPLEMENTED') return undefined;
    throw error;
  }
}
