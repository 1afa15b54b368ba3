/** Limits how many plugins may be started at the same time, and how many may run. */
import { whenAborted } from '../../abort.ts';
import { HostLimitError } from '../errors.ts';

export interface HostLimits {
  /** Containers that run or are being started at the same time. Default: 200. */
  readonly containers?: number | undefined;
  /** Starts at the same time. Default: 8. */
  readonly starts?: number | undefined;
  /** Starts that wait for their turn. Default: 200. */
  readonly queuedStarts?: number | undefined;
  /** Calls that wait for one instance to be ready. Default: 10000. */
  readonly waitingCalls?: number | undefined;
}

export const defaultLimits = { containers: 200, starts: 8, queuedStarts: 200, waitingCalls: 10_000 } as const;

export class Starts {
  readonly #limits: Required<{ [K in keyof HostLimits]: number }>;
  readonly #queue: (() => void)[] = [];
  #starting = 0;
  #containers = 0;

  constructor(limits: HostLimits = {}) {
    this.#limits = { ...defaultLimits, ...withoutUndefined(limits) };
  }

  /**
   * Runs a start when its turn comes. The container counts from this call until `ended` is called or the start fails.
   *
   * @throws HostLimitError when there are too many containers or queued starts; what the start throws; the signal's
   *   reason
   */
  async start<T>(
    begin: (ended: () => void) => Promise<T>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const { containers } = this.#limits;
    if (this.#containers >= containers) {
      throw new HostLimitError('containers', containers, `this host already has ${containers} containers`);
    }
    this.#containers += 1;
    let counted = true;
    const ended = (): void => {
      if (counted) this.#containers -= 1;
      counted = false;
    };
    try {
      await this.#turn(signal);
      try {
        return await begin(ended);
      } finally {
        this.#starting -= 1;
        this.#queue.shift()?.();
      }
    } catch (error) {
      ended();
      throw error;
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#starting < this.#limits.starts) {
      this.#starting += 1;
      return;
    }
    if (this.#queue.length >= this.#limits.queuedStarts) {
      const { queuedStarts } = this.#limits;
      throw new HostLimitError(
        'queuedStarts',
        queuedStarts,
        `${queuedStarts} plugins already wait to be started`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        stopListening();
        this.#starting += 1;
        resolve();
      };
      this.#queue.push(go);
      const stopListening = whenAborted(signal, () => {
        this.#queue.splice(this.#queue.indexOf(go), 1);
        reject(signal?.reason as Error);
      });
    });
  }
}

function withoutUndefined(limits: HostLimits): { [K in keyof HostLimits]?: number } {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
