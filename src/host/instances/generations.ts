/** The plugins of an instance that are being started, or whose containers are not removed yet. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PluginExit } from '../../goplugin/index.ts';
import type { Generation } from './generation.ts';

/** How long the engine may take to report the end of a plugin whose connection was lost; after that it is killed. */
const lostMs = 2_000;

export class Generations {
  readonly #launch: (number: number, signal: AbortSignal) => Promise<Generation>;
  readonly #starting = new Set<Promise<unknown>>();
  readonly #living = new Set<Generation>();
  #count = 0;

  constructor(launch: (number: number, signal: AbortSignal) => Promise<Generation>) {
    this.#launch = launch;
  }

  async start(signal: AbortSignal): Promise<Generation> {
    this.#count += 1;
    const starting = this.#launch(this.#count, signal).then((generation) => {
      this.#living.add(generation);
      return generation;
    });
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** Removes a plugin that ended. @param onExit called with the exit, if the engine reports one */
  async remove(generation: Generation, onExit: (exit: PluginExit) => void): Promise<void> {
    const exit = await exitOf(generation);
    if (exit !== undefined) onExit(exit);
    await generation.dispose({ graceMs: 0 });
    this.#living.delete(generation);
  }

  /** Resolves when no plugin is being started any more. */
  async started(): Promise<void> {
    await Promise.allSettled(this.#starting);
  }

  /**
   * Ends all plugins and removes their containers.
   *
   * @param graceMs how long a plugin that serves calls may take to end; the spare serves none and gets no time
   * @throws the first failure, after all have been tried
   */
  async removeAll(graceMs: number | undefined, spare: Generation | undefined): Promise<void> {
    const ends = await Promise.allSettled(
      [...this.#living].map((each) => each.dispose({ graceMs: each === spare ? 0 : graceMs })),
    );
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
  }
}

/**
 * Resolves with how the plugin ended, which the engine reports a little after the connection is lost; `undefined` if it
 * doesn't.
 */
export function exitOf({ plugin }: Generation): Promise<PluginExit | undefined> {
  return Promise.race([plugin.exited, delay(lostMs, undefined, { ref: false })]);
}
