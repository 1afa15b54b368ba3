/** One life of a plugin within an instance: from its handshake until it is lost or replaced. */
import { boundedText } from '../../foreign-text.ts';
import type { Plugin, PluginExit } from '../../goplugin/index.ts';
import { SharedWork } from '../../waiting/shared-work.ts';

/** How a generation ended. */
export type GenerationEnd =
  | { readonly cause: 'exited'; readonly exit: PluginExit }
  /** The connection is gone; usually the exit follows. */
  | { readonly cause: 'disconnected' }
  | { readonly cause: 'unhealthy'; readonly reason: string };

export class Generation {
  readonly plugin: Plugin;
  /** 1 for the first plugin of the instance. */
  readonly number: number;
  readonly startedAt = new Date();
  readonly ended: Promise<GenerationEnd>;
  #end: GenerationEnd | undefined;
  #onEnd: (end: GenerationEnd) => void = () => undefined;
  readonly #disposal = new SharedWork();

  constructor(plugin: Plugin, number: number) {
    this.plugin = plugin;
    this.number = number;
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
    void plugin.disconnected.then(() => {
      this.#finish({ cause: 'disconnected' });
    });
    void plugin.exited.then((exit) => {
      this.#finish({ cause: 'exited', exit });
    });
    // It may answer still, but can make no further connection: another one takes its place.
    void plugin.impaired?.then((reason) => {
      this.#finish({ cause: 'unhealthy', reason });
    });
  }

  /** Whether calls may be sent to the plugin. */
  get usable(): boolean {
    return this.#end === undefined && this.plugin.connected;
  }

  /** Treats the plugin as dead, although it may still run. */
  giveUp(reason: string): void {
    this.#finish({ cause: 'unhealthy', reason });
  }

  /** Stops the plugin and removes its container. Idempotent; tries again where it has failed before. */
  dispose({ graceMs }: { graceMs?: number | undefined } = {}): Promise<void> {
    return this.#disposal.once(() => this.#dispose(graceMs));
  }

  async #dispose(graceMs: number | undefined): Promise<void> {
    // A plugin that hangs or can't be reached is not asked to end; it is killed at once.
    const stopping = this.plugin.stop({ graceMs: this.#end === undefined ? graceMs : 0 });
    await stopping.catch(() => undefined); // it is removed all the same, which tells what matters
    await this.plugin[Symbol.asyncDispose]();
  }

  #finish(end: GenerationEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#onEnd(end);
  }
}

/** Describes how a generation ended, for people. */
export function describeEnd(end: GenerationEnd): string {
  if (end.cause === 'disconnected') return 'its connection was lost';
  if (end.cause === 'unhealthy') return end.reason;
  const { code, signal, oomKilled, error } = end.exit;
  if (oomKilled === true) return 'it used more memory than its limit';
  if (signal !== undefined) return `it was ended by ${signal}`;
  if (code === undefined) return error === undefined ? 'it ended in an unknown way' : boundedText(error);
  return `it exited with code ${code}`;
}
