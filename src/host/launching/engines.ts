import { posix } from 'node:path';
import { z } from 'zod';
import {
  connectEngine,
  type Engine,
  type EngineInfo,
  type PodmanServiceOptions,
} from '../../engine/index.ts';
import { findEngine } from '../../engine/internal.ts';
import { usualRuntimes } from '../../compatibility/index.ts';
import { BulkheadError, InvalidOptionError } from '../../errors.ts';
import { LaunchRefusedError } from '../../container/index.ts';
import { hostIdOfRoot } from '../../linux/id-map.ts';
import { runtimeFolder, temporaryFolder } from '../../linux/standard-folders.ts';
import { noEngineAtAll } from './no-engine.ts';
import { OwnService, type OwnServiceParts } from './own-service.ts';

export interface EnginesOptions {
  /** Socket of the engine to use; default: the first engine that is found, else a Podman service of our own. */
  readonly socketPath?: string | undefined;
  /** Does not look for an engine: a Podman service of our own is started with the first launch. Default false. */
  readonly embedded?: boolean | undefined;
  /** Settings for the Podman services that are started here. */
  readonly podman?:
    Pick<PodmanServiceOptions, 'root' | 'runRoot' | 'socketDirectory' | 'startTimeoutMs'> | undefined;
}

/** What the host does when an engine has been connected. */
export interface EnginesHost {
  /** Called once for each engine before it is used; for a service of our own with the options to start it again. */
  connected(engine: Engine, podman?: PodmanServiceOptions): Promise<void>;
  /** Makes a folder for the sockets of our own services, and anew where somebody has removed it. */
  socketFolder(parent: string): Promise<string>;
  /** Told when a service of our own had to be started again, or could not be. */
  serviceLost: OwnServiceParts['lost'];
}

/**
 * Finds the engine for a runtime: the one that is there, or a Podman service of our own. A Podman service (before
 * version 6) runs all its containers in one runtime, so each further runtime gets a service of its own.
 */
export class Engines implements AsyncDisposable {
  readonly #options: EnginesOptions;
  readonly #host: EnginesHost;
  readonly #found: Engine | undefined;
  /** Why no engine was found, where one was looked for. */
  readonly #none: BulkheadError | undefined;
  readonly #closing = new AbortController();
  readonly #own = new Map<string, Promise<OwnService>>();
  readonly #others = new Map<string, Promise<Engine>>();

  private constructor(
    options: EnginesOptions,
    host: EnginesHost,
    { engine, none }: { readonly engine?: Engine | undefined; readonly none?: BulkheadError | undefined },
  ) {
    this.#options = options;
    this.#host = host;
    this.#found = engine;
    this.#none = none;
  }

  /** @throws the errors of `connectEngine`, except when no engine is found: one is started when it is needed */
  static async open(
    options: EnginesOptions,
    host: EnginesHost,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Engines> {
    if (options.embedded === true && options.socketPath !== undefined) {
      throw new InvalidOptionError('embedded', "can't be combined with socketPath: leave out one of them");
    }
    const { socketPath } = options;
    const found: { readonly engine?: Engine | undefined; readonly none?: BulkheadError | undefined } =
      options.embedded === true ? {} : await findEngine({ socketPath, signal });
    if (found.engine !== undefined) await host.connected(found.engine);
    return new Engines(options, host, found);
  }

  /**
   * Returns the engine whose containers run in `runtime`.
   *
   * @param socketPath socket of an engine to use in place of the one that was found
   * @throws LaunchRefusedError when a Podman service of ours would be needed and the runtime is not installed
   * @throws the errors of `startPodmanService`
   */
  async forRuntime(
    runtime: string,
    { socketPath }: { socketPath?: string | undefined } = {},
  ): Promise<Engine> {
    const found = await this.#there(socketPath);
    if (found === undefined) return this.#start(runtime, this.#options.podman ?? {});
    if (servesItself(found, runtime)) return found;
    return this.#start(runtime, this.#besides(found));
  }

  /**
   * Returns an engine for work in which the runtime does not matter, such as loading an image. It is the one for
   * `preferred`, unless that is not installed.
   *
   * @throws LaunchRefusedError when no runtime is installed; the errors of `startPodmanService`
   */
  async any(preferred: string): Promise<Engine> {
    for (const runtime of [preferred, ...usualRuntimes.filter((name) => name !== preferred)]) {
      try {
        return await this.forRuntime(runtime);
      } catch (error) {
        if (!(error instanceof LaunchRefusedError)) throw error;
        if (this.#found !== undefined) return this.#found;
      }
    }
    return this.forRuntime(preferred); // says that this runtime is not installed
  }

  /**
   * Returns the engine for a launch in `runtime`. Where a service would be needed for a runtime that is not installed,
   * it returns the existing engine, whose facts then refuse the launch with this reason and every other.
   */
  async forLaunch(runtime: string, options: { socketPath?: string | undefined } = {}): Promise<Engine> {
    try {
      return await this.forRuntime(runtime, options);
    } catch (error) {
      const found = error instanceof LaunchRefusedError ? await this.#there(options.socketPath) : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }

  /**
   * Returns the engine whose facts a launch in `runtime` is judged by. No service is started beside an existing engine.
   *
   * @returns `ownService`: whether the launch would use a Podman service of our own on the storage of `engine`
   * @throws the errors of `startPodmanService` where there is no engine: one is started then, as by a launch; it runs
   *   another runtime where this one is not installed, and its facts refuse the launch
   */
  async forJudging(
    runtime: string,
    { socketPath }: { socketPath?: string | undefined } = {},
  ): Promise<{ readonly engine: Engine; readonly ownService: boolean }> {
    const found = await this.#there(socketPath);
    if (found === undefined) return { engine: await this.any(runtime), ownService: false };
    if (servesItself(found, runtime)) return { engine: found, ownService: false };
    const running = await this.#own.get(keyOf(runtime, this.#besides(found)));
    return { engine: running?.engine ?? found, ownService: running === undefined };
  }

  async #there(socketPath: string | undefined): Promise<Engine | undefined> {
    return socketPath === undefined ? this.#found : this.#other(socketPath);
  }

  /** Options for a service of our own on the same storage, so that it can run the images of the existing one. */
  #besides({ info }: Engine): PodmanServiceOptions {
    return { ...this.#options.podman, root: info.storageRoot, runRoot: runRootOf(info) };
  }

  /** All engines that are connected. */
  async connected(): Promise<Engine[]> {
    const [own, others] = await Promise.all([
      Promise.allSettled(this.#own.values()),
      Promise.allSettled(this.#others.values()),
    ]);
    return [
      ...(this.#found === undefined ? [] : [this.#found]),
      ...own.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value.engine] : [])),
      ...others.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : [])),
    ];
  }

  /** Ends the starts of services, which may take as long as their time limit. */
  abortStarts(): void {
    this.#closing.abort(new BulkheadError('HOST_CLOSED', 'the plugin host was closed'));
  }

  /** Stops our own services and closes all connections. Engines that were not started here keep running. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abortStarts();
    const own = await Promise.allSettled(this.#own.values());
    const others = await Promise.allSettled(this.#others.values());
    await Promise.all([
      this.#found?.close(),
      ...others.map((entry) => (entry.status === 'fulfilled' ? entry.value.close() : undefined)),
      ...own.map(async (entry) => {
        if (entry.status === 'rejected') return;
        await entry.value[Symbol.asyncDispose]();
      }),
    ]);
  }

  async #start(runtime: string, options: PodmanServiceOptions): Promise<Engine> {
    const key = keyOf(runtime, options);
    let own = this.#own.get(key);
    if (own === undefined) {
      own = startOwnEngine(runtime, { ...options, signal: this.#closing.signal }, this.#host);
      this.#own.set(key, own);
      own.catch(() => this.#own.delete(key)); // the next launch tries again
    }
    try {
      const service = await own;
      await service.ensure().catch((error: unknown) => {
        // It can't be started again at its path: the next launch starts another one.
        if (this.#own.get(key) === own) this.#own.delete(key);
        void service[Symbol.asyncDispose]().catch(() => undefined);
        throw error;
      });
      return service.engine;
    } catch (error) {
      throw this.#none === undefined ? error : noEngineAtAll(this.#none, error);
    }
  }

  #other(socketPath: string): Promise<Engine> {
    let other = this.#others.get(socketPath);
    if (other === undefined) {
      other = connectOther(socketPath, this.#host);
      this.#others.set(socketPath, other);
      other.catch(() => this.#others.delete(socketPath));
    }
    return other;
  }
}

function keyOf(runtime: string, { root = '' }: PodmanServiceOptions): string {
  return `${root} ${runtime}`;
}

/**
 * Whether this engine itself serves launches in `runtime`. A Podman service (before version 6) runs a single runtime
 * for as long as it lives. The Podman of another user always serves itself, because a service of this user must not
 * touch its storage.
 */
function servesItself(engine: Engine, runtime: string): boolean {
  const { kind, rootless, info } = engine;
  if (kind === 'docker' || posix.basename(info.defaultRuntime) === posix.basename(runtime)) return true;
  const owner = rootless ? hostIdOfRoot(info.idMappings?.uids) : 0;
  return owner !== process.geteuid?.();
}

async function connectOther(socketPath: string, host: EnginesHost): Promise<Engine> {
  const engine = await connectEngine({ socketPath });
  await host.connected(engine);
  return engine;
}

async function startOwnEngine(
  runtime: string,
  options: PodmanServiceOptions,
  host: EnginesHost,
): Promise<OwnService> {
  const parent = options.socketDirectory ?? runtimeFolder(process.env) ?? temporaryFolder();
  let service: OwnService | undefined;
  try {
    service = await OwnService.start({
      options: { ...options, runtime },
      folder: () => host.socketFolder(parent),
      lost: (event) => {
        host.serviceLost(event);
      },
    });
    await host.connected(service.engine, { ...options, runtime, signal: undefined });
    return service;
  } catch (cause) {
    await service?.[Symbol.asyncDispose]();
    throw cause instanceof BulkheadError && cause.code === 'PODMAN_RUNTIME_MISSING'
      ? runtimeMissing(runtime, cause)
      : cause;
  }
}

/** The same refusal as that of a Docker engine without this runtime. */
function runtimeMissing(runtime: string, cause: BulkheadError): LaunchRefusedError {
  const reason = {
    rule: 'podman-runtime',
    requirement: 'The runtime is installed on this host.',
    observed: `the runtime ${runtime} is not installed`,
    remedy: cause.hint ?? `Install ${runtime}, or choose another runtime.`,
    source: 'the programs of this host',
  };
  return new LaunchRefusedError('the plugin', [reason], { cause });
}

const podmanStore = z.object({ store: z.object({ runRoot: z.string() }) });

/** Where the existing Podman keeps the state of its containers, which must be used together with its storage. */
export function runRootOf({ raw }: EngineInfo): string | undefined {
  return podmanStore.safeParse(raw).data?.store.runRoot;
}
