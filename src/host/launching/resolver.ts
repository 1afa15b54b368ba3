/** Turns a registered plugin into a launch. */
import type { BinaryLike } from 'node:crypto';
import { orAborted, type AbortOption } from '../../abort.ts';
import {
  effectiveReference,
  type PluginEntry,
  type RuntimeCatalog,
  type RuntimeSettings,
} from '../../catalog/index.ts';
import { ImageNotPresentError, type LaunchOptions } from '../../container/index.ts';
import { NotFoundError, type Engine, type InspectedImage } from '../../engine/index.ts';
import { mergedSettings } from '../../settings/setting-list.ts';
import { matchDigest } from './digest.ts';
import type { Engines } from './engines.ts';
import { withDefaults, type LaunchDefaults } from './launch-defaults.ts';
import type { PluginKind } from '../../kinds/index.ts';
import type { Kinds } from './kinds.ts';
import { keyOf, settingsOf, type ResolvedPlugin } from '../resolved-plugin.ts';

/** A plugin that is in no catalog: its launch, and the name to give it. */
export interface UnregisteredPlugin {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly launch: LaunchOptions;
  /** Whether mounts may share its instance. Default `never`. */
  readonly sharing?: PluginKind['sharing'] | undefined;
}

/** A launch, and the engine whose facts it is judged by. */
export interface JudgedLaunch {
  readonly launch: LaunchOptions;
  readonly engine: Engine;
  /** Whether the launch would use a Podman service of our own on the storage of `engine`. */
  readonly ownService: boolean;
}

export class Resolver {
  readonly #kinds: Kinds;
  readonly #runtimes: RuntimeCatalog;
  readonly #engines: Engines;
  readonly #defaults: LaunchDefaults;
  readonly #secret: BinaryLike;

  constructor(parts: {
    kinds: Kinds;
    runtimes: RuntimeCatalog;
    engines: Engines;
    defaults: LaunchDefaults;
    secret: BinaryLike;
  }) {
    this.#kinds = parts.kinds;
    this.#runtimes = parts.runtimes;
    this.#engines = parts.engines;
    this.#defaults = parts.defaults;
    this.#secret = parts.secret;
  }

  /** @throws the errors of the catalogs, ImageNotPresentError, `IMAGE_DIGEST_MISMATCH`, LaunchRefusedError */
  async registered(entry: PluginEntry, options: AbortOption = {}): Promise<ResolvedPlugin> {
    const { launch, kind, socketPath } = await this.#launchOf(entry);
    const engine = await orAborted(this.#engines.forLaunch(launch.runtime, { socketPath }), options.signal);
    const image = await inspectRegistered(engine, launch.image, entry, options);
    const { type, name, version } = entry;
    return this.#resolved({ type, name, version, imageId: image.id, kind, engine, launch });
  }

  /**
   * Resolves the same launch, only to judge it: no service is started beside an existing engine.
   *
   * @throws the errors of the catalogs, ImageNotPresentError, `IMAGE_DIGEST_MISMATCH`
   */
  async judged(entry: PluginEntry, options: AbortOption = {}): Promise<JudgedLaunch> {
    const { launch, socketPath } = await this.#launchOf(entry);
    const judging = await orAborted(this.#engines.forJudging(launch.runtime, { socketPath }), options.signal);
    await inspectRegistered(judging.engine, launch.image, entry, options);
    return { ...judging, launch };
  }

  async #launchOf(entry: PluginEntry): Promise<{
    readonly launch: LaunchOptions & { readonly runtime: string };
    readonly kind: PluginKind;
    readonly socketPath: string | undefined;
  }> {
    const kind = await this.#kinds.ofType(entry.type);
    const settings: RuntimeSettings = entry.runtime === '' ? {} : await this.#runtimes.info(entry.runtime);
    const reference = effectiveReference(entry.ociImage, entry.version);
    return {
      launch: launchOf(entry, settings, { kind, reference, defaults: this.#defaults }),
      kind,
      socketPath: settings.engineSocket,
    };
  }

  /** @throws ImageNotPresentError */
  async unregistered(plugin: UnregisteredPlugin, options: AbortOption = {}): Promise<ResolvedPlugin> {
    const launch = withDefaults(plugin.launch, this.#defaults);
    const engine = await orAborted(this.#engines.forLaunch(launch.runtime), options.signal);
    const image = await inspectImage(engine, launch.image, '', options);
    return this.#resolved({
      type: plugin.type ?? 'plugin',
      name: plugin.name ?? launch.image,
      version: '',
      imageId: image.id,
      kind: { ...launch, sharing: plugin.sharing ?? 'never' },
      engine,
      launch,
    });
  }

  #resolved(plugin: Omit<ResolvedPlugin, 'settings' | 'key'>): ResolvedPlugin {
    const settings = settingsOf(plugin);
    return { ...plugin, settings, key: keyOf(settings, this.#secret) };
  }
}

function launchOf(
  entry: PluginEntry,
  settings: RuntimeSettings,
  { kind, reference, defaults }: { kind: PluginKind; reference: string; defaults: LaunchDefaults },
): LaunchOptions & { runtime: string } {
  const mlock = entry.mlock ?? settings.mlock;
  return {
    image: reference,
    title: [entry.type, entry.name, entry.version].filter((part) => part !== '').join('-'),
    runtime: settings.ociRuntime ?? defaults.runtime,
    startTimeoutMs: defaults.startTimeoutMs,
    handshake: kind.handshake,
    protocolVersions: kind.protocolVersions,
    maxMessageBytes: kind.maxMessageBytes,
    ...(entry.command !== '' && { entrypoint: [entry.command] }),
    ...(entry.args.length > 0 && { args: entry.args }),
    env: { ...entry.env, ...kind.env, ...(mlock === true && kind.mlockEnv) },
    mlock,
    ...(entry.autoMtls !== undefined && { autoMtls: entry.autoMtls }),
    ...(entry.brokerMultiplex !== undefined && { brokerMultiplex: entry.brokerMultiplex }),
    override: entry.override ?? settings.override ?? defaults.override,
    ...mergedSettings(settings, entry),
  };
}

async function inspectRegistered(
  engine: Engine,
  reference: string,
  { sha256 }: PluginEntry,
  options: AbortOption,
): Promise<InspectedImage> {
  const image = await inspectImage(engine, reference, sha256, options);
  if (sha256 !== '') await matchDigest({ engine, image }, sha256, reference, options);
  return image;
}

/**
 * An image with that digest but without the tag is not looked for: it may exist under another tag, and the error says
 * so.
 */
async function inspectImage(
  engine: Engine,
  reference: string,
  sha256: string,
  { signal }: AbortOption,
): Promise<InspectedImage> {
  const find = async (name: string): Promise<InspectedImage | undefined> => {
    try {
      return await engine.images.inspect(name, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  };
  const image = await find(reference);
  if (image !== undefined) return image;
  const other = sha256 === '' ? undefined : await find(`sha256:${sha256}`);
  throw new ImageNotPresentError(reference, `${engine.kind} at ${engine.socketPath}`, {
    ...(other && {
      hint: `The image sha256:${sha256} is there as ${other.tags.join(', ') || 'an image without a name'}: register that name, or tag it.`,
    }),
  });
}
