/** The catalog of plugins as a host offers it. Without `skipProbe`, a plugin is started before it is registered. */
import type { AbortOption } from '../../abort.ts';
import {
  toPluginEntry,
  type PluginCatalog,
  type PluginEntry,
  type PluginInfo,
  type PluginRegistration,
} from '../../catalog/index.ts';
import { checkShape, flag, shapeOf, signal as signalCheck } from '../../settings/option-shape.ts';
import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import type { Plugin } from '../../goplugin/index.ts';
import { canonicalVersion } from '../../catalog/index.ts';
import type { MatchedDigest } from './digest.ts';
import { matchDigest } from './digest.ts';
import type { PluginKind, PluginSelfDescription } from '../../kinds/index.ts';
import { Kinds } from './kinds.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';

export interface RegisterOptions extends AbortOption {
  /** Registers the plugin without asking an engine for the image and without starting the plugin. Default false. */
  readonly skipProbe?: boolean | undefined;
}

const registerOptions = shapeOf<RegisterOptions>({ skipProbe: flag, signal: signalCheck });

/** A plugin that was registered, and the findings about it. */
export interface RegisteredPlugin {
  readonly plugin: PluginInfo;
  /** Absent when the plugin was not probed. */
  readonly probe?:
    | {
        readonly imageId: string;
        /** Which digest of the image `sha256` named; absent when none was given. */
        readonly matched?: MatchedDigest | undefined;
        /** What the plugin reports about itself. */
        readonly says: PluginSelfDescription;
      }
    | undefined;
}

/** What a registry needs from its host. */
export interface RegistryHost {
  /** The kinds that the host knows; as plain data, only those. */
  readonly kinds: Kinds | Readonly<Record<string, PluginKind>>;
  resolve(entry: PluginEntry, options: AbortOption): Promise<ResolvedPlugin>;
  /** Starts a plugin that belongs to no instance. The registry disposes of it. */
  start(plugin: ResolvedPlugin, options: AbortOption): Promise<Plugin>;
}

export class PluginRegistry {
  /** The same as `PluginCatalog.deregister`. Running plugins keep running. */
  readonly deregister: PluginCatalog['deregister'];
  /** The same as `PluginCatalog.info`. */
  readonly info: PluginCatalog['info'];
  /** The same as `PluginCatalog.list`. */
  readonly list: PluginCatalog['list'];
  /** The same as `PluginCatalog.pin`. Takes effect with the next start or reload. */
  readonly pin: PluginCatalog['pin'];
  /** The same as `PluginCatalog.unpin`. */
  readonly unpin: PluginCatalog['unpin'];
  /** The same as `PluginCatalog.pins`. */
  readonly pins: PluginCatalog['pins'];
  readonly #catalog: PluginCatalog;
  readonly #host: RegistryHost;
  readonly #kinds: Kinds;

  constructor(catalog: PluginCatalog, host: RegistryHost) {
    this.#catalog = catalog;
    this.#host = host;
    this.deregister = catalog.deregister.bind(catalog);
    this.info = catalog.info.bind(catalog);
    this.list = catalog.list.bind(catalog);
    this.pin = catalog.pin.bind(catalog);
    this.unpin = catalog.unpin.bind(catalog);
    this.pins = catalog.pins.bind(catalog);
    this.#kinds = host.kinds instanceof Kinds ? host.kinds : new Kinds(host.kinds);
  }

  /**
   * Registers a plugin after having started it exactly as it will run. Running plugins are not touched.
   *
   * @throws InvalidOptionError before anything is done; EntryNotFoundError for an unknown plugin runtime;
   *   ImageNotPresentError, `IMAGE_DIGEST_MISMATCH`; LaunchRefusedError with every reason; the errors of a start;
   *   `PLUGIN_MISMATCH` when the plugin reports another type or version; StoreError. Nothing is registered then.
   * @remarks Abort ends the probe and registers nothing.
   */
  async register(registration: PluginRegistration, options: RegisterOptions = {}): Promise<RegisteredPlugin> {
    checkShape('plugins.register', registerOptions, options);
    const { signal } = options;
    const entry = toPluginEntry(registration, await this.#reservedNames(typeIn(registration)));
    if (entry.type !== 'unknown') await this.#kinds.ofType(entry.type);
    else if (options.skipProbe === true) {
      throw new InvalidOptionError(
        'type',
        'can only be found out by a probe: name it, or leave out skipProbe',
      );
    }
    if (options.skipProbe === true) return { plugin: await this.#put(entry, { signal }) };
    const { found, probe } = await this.#probe(entry, { signal });
    return { plugin: await this.#put(found, { signal }), probe };
  }

  /** Stores an entry, unless the kind that it is of was removed in the meantime. */
  async #put(entry: PluginEntry, options: AbortOption): Promise<PluginInfo> {
    const found = await this.#kinds.find(entry.type);
    if (found === undefined) await this.#kinds.ofType(entry.type); // which says that it is not known any more
    return this.#catalog.put(entry, { ...options, ofRegisteredKind: found?.registered === true });
  }

  async #probe(
    entry: PluginEntry,
    options: AbortOption,
  ): Promise<{ found: PluginEntry; probe: NonNullable<RegisteredPlugin['probe']> }> {
    const failures: unknown[] = [];
    for (const type of await this.#candidates(entry.type)) {
      try {
        return await this.#probeAs({ ...entry, type }, entry.type, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        // A plugin that is tried as the wrong kind does not start. Any other error would occur with every kind.
        if (entry.type !== 'unknown' || !blamesPlugin(error)) throw error;
        failures.push(error);
      }
    }
    throw new BulkheadError(
      'PLUGIN_MISMATCH',
      `${entry.name} is not of any kind of plugin that this host knows`,
      {
        cause: new AggregateError(failures),
        hint: 'Name its type to see why it does not start as one of that type. Well-known kinds have to be named: bulkhead plugin kind list shows them.',
      },
    );
  }

  async #probeAs(
    entry: PluginEntry,
    asked: string,
    options: AbortOption,
  ): Promise<{ found: PluginEntry; probe: NonNullable<RegisteredPlugin['probe']> }> {
    const resolved = await this.#host.resolve(entry, options);
    const plugin = await this.#host.start(resolved, options);
    let says: PluginSelfDescription;
    try {
      says = (await resolved.kind.probe?.(plugin, options)) ?? {};
    } finally {
      await plugin[Symbol.asyncDispose]();
    }
    const found = { ...entry, ...agreed(entry, asked, says) };
    const { engine, imageId } = resolved;
    const image = await engine.images.inspect(imageId, options);
    const matched =
      entry.sha256 === ''
        ? undefined
        : await matchDigest({ engine, image }, entry.sha256, entry.ociImage, options);
    return { found, probe: { imageId, matched, says } };
  }

  /** The types to try, one for each distinct kind. */
  async #candidates(type: string): Promise<string[]> {
    if (type !== 'unknown') return [type];
    const seen = new Set<PluginKind>();
    return Object.entries(await this.#kinds.candidates()).flatMap(([name, kind]) => {
      if (seen.has(kind)) return [];
      seen.add(kind);
      return [name];
    });
  }

  /** Names of the variables that the kinds set which a plugin may be of. */
  async #reservedNames(type: string): Promise<string[]> {
    const kinds = this.#kinds;
    const own = await kinds.find(type);
    return [...Object.values(await kinds.candidates()), ...(own === undefined ? [] : [own.kind])].flatMap(
      (kind) => [
        kind.handshake.magicCookieKey,
        ...Object.keys(kind.env ?? {}),
        ...Object.keys(kind.mlockEnv ?? {}),
      ],
    );
  }
}

/** The type in a registration that has not been checked yet. */
function typeIn(registration: unknown): string {
  const { type } = (registration ?? {}) as { readonly type?: unknown };
  return typeof type === 'string' ? type : '';
}

/** Compares the requested type and version with what the plugin reports. @throws `PLUGIN_MISMATCH` */
function agreed(
  entry: PluginEntry,
  asked: string,
  says: PluginSelfDescription,
): { type: string; version: string } {
  if (asked !== 'unknown' && says.type !== undefined && says.type !== asked) {
    throw mismatch(entry, `the type ${says.type}, not ${asked}`, `Register it as ${says.type}.`);
  }
  const type = asked === 'unknown' ? (says.type ?? entry.type) : asked;
  if (says.version === undefined || says.version === '') return { type, version: entry.version };
  const version = canonicalVersion(says.version);
  if (entry.version !== '' && entry.version !== version) {
    throw mismatch(
      entry,
      `the version ${version}, not ${entry.version}`,
      `Register it as version ${version}.`,
    );
  }
  // An entry without a version keeps none: with a version, another tag of the image would be looked for.
  return { type, version: entry.version };
}

function mismatch(entry: PluginEntry, what: string, hint: string): BulkheadError {
  return new BulkheadError('PLUGIN_MISMATCH', `${entry.type} ${entry.name} reports ${what}`, {
    hint,
  });
}

function blamesPlugin(error: unknown): boolean {
  return error instanceof BulkheadError && error.blames === 'plugin';
}
