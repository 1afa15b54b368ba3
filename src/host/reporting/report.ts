/** Reports on instances and calls to the host's logger, its counters, and the diagnostics channels. */
import { OutcomeUnknownError } from '../errors.ts';
import { callsAreHeard, publish, type HostLogger } from './events.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { Counters, PluginCounters } from './metrics.ts';

/** The names by which reports identify a mount. */
export interface MountName {
  readonly mountId: string;
  readonly plugin: { readonly type: string; readonly name: string };
}

/** A mount that makes calls. */
export interface CallingMount extends MountName {
  readonly counters: PluginCounters;
}

export class Report {
  readonly #host: string;
  readonly #counters: Counters;
  readonly #logger: HostLogger;

  constructor(hostId: string, counters: Counters, logger: HostLogger) {
    this.#host = hostId;
    this.#counters = counters;
    this.#logger = logger;
  }

  /** Reports that an instance has left the state `from`. */
  changed(instance: InstanceSnapshot, from: InstanceState): void {
    const { state, type, name } = instance;
    const fields = { host: this.#host, instance: instance.id, type, name, from: from.name };
    const reason = 'reason' in state ? { reason: state.reason } : {};
    const level = state.name === 'failed' ? 'error' : state.name === 'restarting' ? 'warn' : 'info';
    if (from.name !== state.name) this.#logger[level](`instance ${state.name}`, { ...fields, ...reason });
    if (from.name === 'ready' && state.name === 'restarting') this.#counters.of(instance).restarts += 1;
    publish('bulkhead:instance', () => ({ host: this.#host, instance, from }));
  }

  /** Reports an error that no caller waits for. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#logger.warn(message, { host: this.#host, ...fields });
  }

  /** Reports that a mount was put on an instance, has moved to it, or was closed. */
  mounted(what: 'mounted' | 'moved' | 'closed', { mountId, plugin }: MountName, instance: string): void {
    const { type, name } = plugin;
    publish('bulkhead:mount', () => ({ host: this.#host, mount: mountId, type, name, what, instance }));
  }

  /** The counters of a plugin, to be kept by whoever reports calls of it. */
  countersOf(plugin: MountName['plugin']): PluginCounters {
    return this.#counters.of(plugin);
  }

  /**
   * Reports that a call of a mount has ended.
   *
   * @param path `/package.Service/Method`
   * @param begun when the call began, by `performance.now()`
   * @param sent how many times it was sent
   */
  called(mount: CallingMount, path: string, begun: number, sent: number, error?: unknown): void {
    const { counters } = mount;
    const milliseconds = Math.max(0, timeOfEnd() - begun);
    counters.calls += 1;
    counters.callMilliseconds += milliseconds;
    if (sent > 1) counters.callsRepeated += 1;
    if (error !== undefined) {
      counters.callFailures += 1;
      if (error instanceof OutcomeUnknownError) counters.outcomesUnknown += 1;
    }
    if (callsAreHeard()) this.#publishCall(mount, { method: path, milliseconds, sent, error });
  }

  #publishCall(
    { mountId, plugin: { type, name } }: MountName,
    { error, ...call }: { method: string; milliseconds: number; sent: number; error: unknown },
  ): void {
    publish('bulkhead:call', () => ({
      host: this.#host,
      mount: mountId,
      type,
      name,
      ...call,
      ...(error === undefined ? {} : { error }),
    }));
  }
}

let end: number | undefined;
const settled = Promise.resolve();
const forget = (): void => {
  end = undefined;
};

/**
 * The time by `performance.now()`, read once for all calls that end together, because what arrives at once holds many
 * replies, and reading a clock for each is a good part of what a mount costs.
 */
function timeOfEnd(): number {
  if (end === undefined) {
    end = performance.now();
    void settled.then(forget);
  }
  return end;
}
