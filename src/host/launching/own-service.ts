/**
 * A Podman service of a host's own, kept for as long as the host is open. When it ends, or somebody removes the folder
 * of its socket, another one is started on the same path: its containers live on, and whoever uses the engine finds it
 * again.
 */
import { watch, type FSWatcher } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  connectEngine,
  startPodmanService,
  type Engine,
  type PodmanService,
  type PodmanServiceOptions,
} from '../../engine/index.ts';
import { startPodmanServiceAgain } from '../../engine/internal.ts';
import { BulkheadError } from '../../errors.ts';
import { KeyedLock } from '../../waiting/keyed-lock.ts';

export interface OwnServiceParts {
  readonly options: PodmanServiceOptions;
  /** Returns the folder that the private folder of the service lies in, and makes it anew where it is gone. */
  readonly folder: () => Promise<string>;
  /** Told when the service had to be started again, with the reason, or the error that kept it from that. */
  readonly lost: (event: {
    readonly socketPath: string;
    readonly reason: string;
    readonly error?: unknown;
  }) => void;
}

export class OwnService implements AsyncDisposable {
  readonly engine: Engine;
  readonly #parts: OwnServiceParts;
  readonly #turn = new KeyedLock();
  #service: PodmanService;
  #inode = 0;
  #ended = false;
  #closed = false;
  #watcher: FSWatcher | undefined;

  private constructor(parts: OwnServiceParts, service: PodmanService, engine: Engine) {
    this.#parts = parts;
    this.#service = service;
    this.engine = engine;
  }

  /** @throws the errors of `startPodmanService` and of the folder */
  static async start(parts: OwnServiceParts): Promise<OwnService> {
    const service = await startPodmanService({ ...parts.options, socketDirectory: await parts.folder() });
    try {
      const engine = await connectEngine({ socketPath: service.socketPath });
      const own = new OwnService(parts, service, engine);
      await own.#watch();
      return own;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the service again unless it is there. @throws the errors of `startPodmanService` and of the folder */
  async ensure(): Promise<void> {
    await this.#turn.take('service', async () => {
      const reason = await this.#whyGone();
      if (reason === undefined || this.#closed) return;
      const { socketPath } = this.#service;
      try {
        await this.#startAgain(socketPath);
      } catch (error) {
        this.#parts.lost({ socketPath, reason, error });
        throw error;
      }
      this.#parts.lost({ socketPath, reason });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    await this.engine.close();
    await this.#turn.take('service', () => Promise.resolve());
    await this.#service[Symbol.asyncDispose]();
  }

  async #whyGone(): Promise<string | undefined> {
    if (this.#ended) return 'the Podman service has ended';
    const there = await lstat(this.#service.socketPath).catch(() => undefined);
    return there?.ino === this.#inode ? undefined : 'the socket of the Podman service was removed';
  }

  async #startAgain(socketPath: string): Promise<void> {
    const { options, folder } = this.#parts;
    const own = dirname(socketPath);
    const above = await folder();
    if (dirname(own) !== above) {
      throw new BulkheadError(
        'SOCKET_DIRECTORY_FAILED',
        `${socketPath} can't be made anew: somebody else has put something where its folder was`,
        { hint: 'Close this host and open another one.' },
      );
    }
    this.#watcher?.close();
    await this.#service[Symbol.asyncDispose]();
    this.#service = await startPodmanServiceAgain(own, options);
    await this.#watch();
  }

  async #watch(): Promise<void> {
    const service = this.#service;
    this.#ended = false;
    this.#inode = (await lstat(service.socketPath)).ino;
    const look = (): void => {
      if (!this.#closed) this.ensure().catch(() => undefined); // told by `lost`; the next launch tries again
    };
    void service.exited.then(() => {
      if (service !== this.#service) return;
      this.#ended = true;
      look();
    });
    try {
      this.#watcher = watch(dirname(service.socketPath), { persistent: false }, look).on(
        'error',
        () => undefined,
      );
    } catch {
      // The kernel has no watch left: a removal is then noticed by the next launch.
    }
  }
}
