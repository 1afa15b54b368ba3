import { posix } from 'node:path';
import { z } from 'zod';
import {
  connectEngine,
  startPodmanService,
  type Engine,
  type EngineInfo,
  type PodmanService,
  type PodmanServiceOptions,
} from '../engine/index.ts';
import { BulkheadError, InvalidOptionError } from '../errors.ts';
import { LaunchRefusedError } from '../container/index.ts';

export interface EnginesOptions {
  /** The engine to use; default: the first that is found, else one of our own. */
  readonly socketPath?: string | undefined;
  /** Looks for no engine: a Podman service of our own is started with the first launch. Default false. */
  readonly embedded?: boolean | undefined;
  /** Settings for the Podman services that are started here. */
  readonly podman?: Pick<PodmanServiceOptions, 'root' | 'runRoot' | 'socketDirectory'> | undefined;
}

interface OwnEngine {
  readonly service: PodmanService;
  readonly engine: Engine;
}

/**
 * Finds the engine for a runtime: the one that is there, or a Podman service of our own. A Podman service (before
 * version 6) runs all its containers in one runtime, so each further runtime gets a service of its own.
 */
export class Engines implements AsyncDisposable {
  readonly #options: EnginesOptions;
  readonly #found: Promise<Engine | undefined>;
  readonly #own = new Map<string, Promise<OwnEngine>>();

  private constructor(options: EnginesOptions, found: Promise<Engine | undefined>) {
    this.#options = options;
    this.#found = found;
  }

  /** @throws the errors of `connectEngine`, except that finding none is no error: one is started when needed */
  static async open(
    options: EnginesOptions,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Engines> {
    if (options.embedded === true && options.socketPath !== undefined) {
      throw new InvalidOptionError(
        'embedded',
        'an engine of our own has no given socketPath: leave one of them out',
      );
    }
    const found =
      options.embedded === true ? Promise.resolve(undefined) : findEngine(options.socketPath, signal);
    await found;
    return new Engines(options, found);
  }

  /**
   * The engine whose containers run in `runtime`.
   *
   * @throws LaunchRefusedError when a Podman service of ours would be needed and the runtime is not installed
   * @throws the errors of `startPodmanService`
   */
  async forRuntime(runtime: string): Promise<Engine> {
    const found = await this.#found;
    if (found === undefined) return this.#start(runtime, this.#options.podman ?? {});
    if (found.kind === 'docker') return found;
    const info = await found.system.info();
    if (posix.basename(info.defaultRuntime) === posix.basename(runtime)) return found;
    // The same storage: what was loaded into the service that is there can be run by ours.
    return this.#start(runtime, {
      ...this.#options.podman,
      root: info.storageRoot,
      runRoot: runRootOf(info),
    });
  }

  /** Stops our own services and closes all connections. The engines that were there go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    const found = await this.#found;
    const own = await Promise.allSettled(this.#own.values());
    await Promise.all([
      found?.close(),
      ...own.map(async (entry) => {
        if (entry.status === 'rejected') return;
        await entry.value.engine.close();
        await entry.value.service[Symbol.asyncDispose]();
      }),
    ]);
  }

  async #start(runtime: string, options: PodmanServiceOptions): Promise<Engine> {
    let own = this.#own.get(runtime);
    if (own === undefined) {
      own = startOwnEngine(runtime, options);
      this.#own.set(runtime, own);
      own.catch(() => this.#own.delete(runtime)); // the next launch tries again
    }
    return (await own).engine;
  }
}

async function findEngine(
  socketPath: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Engine | undefined> {
  try {
    return await connectEngine({ socketPath, signal });
  } catch (error) {
    if (socketPath === undefined && error instanceof BulkheadError && error.code === 'ENGINE_NONE_FOUND') {
      return undefined;
    }
    throw error;
  }
}

async function startOwnEngine(runtime: string, options: PodmanServiceOptions): Promise<OwnEngine> {
  const service = await startPodmanService({ ...options, runtime }).catch((cause: unknown) => {
    throw cause instanceof BulkheadError && cause.code === 'PODMAN_RUNTIME_MISSING'
      ? runtimeMissing(runtime, cause)
      : cause;
  });
  try {
    return { service, engine: await connectEngine({ socketPath: service.socketPath }) };
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same refusal that a Docker without this runtime leads to. */
function runtimeMissing(runtime: string, cause: BulkheadError): LaunchRefusedError {
  const refusal = {
    rule: 'runtime-present',
    reason: `the runtime ${runtime} is not installed`,
    remedy: cause.hint ?? `Install ${runtime}, or choose another runtime.`,
  };
  return new LaunchRefusedError('the plugin', [refusal], { cause });
}

const podmanStore = z.object({ store: z.object({ runRoot: z.string() }) });

/** Where the Podman that is there keeps the state of its containers: storage and state belong together. */
function runRootOf({ raw }: EngineInfo): string | undefined {
  return podmanStore.safeParse(raw).data?.store.runRoot;
}
