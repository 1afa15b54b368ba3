/** What a host tells of its instances and calls: to its logger, its counters, and the diagnostics channels. */
import { OutcomeUnknownError } from '../errors.ts';
import { publish, type HostLogger } from './events.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { Counters } from './metrics.ts';

/** Which mount it is. */
export interface MountName {
  readonly mountId: string;
  readonly plugin: { readonly type: string; readonly name: string };
}

/** A call of a mount that is over. */
export interface EndedCall {
  /** `/package.Service/Method` */
  readonly path: string;
  /** `performance.now()` */
  readonly begun: number;
  /** How often it was sent. */
  readonly sent: number;
  readonly error?: unknown;
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

  /** An instance is in another state than `from`. */
  changed(instance: InstanceSnapshot, from: InstanceState): void {
    const { state, type, name } = instance;
    const fields = { host: this.#host, instance: instance.id, type, name, from: from.name };
    const reason = 'reason' in state ? { reason: state.reason } : {};
    const level = state.name === 'failed' ? 'error' : state.name === 'restarting' ? 'warn' : 'info';
    if (from.name !== state.name) this.#logger[level](`instance ${state.name}`, { ...fields, ...reason });
    if (from.name === 'ready' && state.name === 'restarting') this.#counters.of(instance).restarts += 1;
    publish('bulkhead:instance', () => ({ host: this.#host, instance, from }));
  }

  /** Something went wrong that no caller waits for. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#logger.warn(message, { host: this.#host, ...fields });
  }

  /** A mount is on an instance from now on, or on none any more. */
  mounted(what: 'mounted' | 'moved' | 'closed', { mountId, plugin }: MountName, instance: string): void {
    const { type, name } = plugin;
    publish('bulkhead:mount', () => ({ host: this.#host, mount: mountId, type, name, what, instance }));
  }

  /** A call of a mount has ended. */
  called({ mountId, plugin }: MountName, { path, begun, sent, error }: EndedCall): void {
    const { type, name } = plugin;
    const milliseconds = performance.now() - begun;
    const counters = this.#counters.of(plugin);
    counters.calls += 1;
    counters.callMilliseconds += milliseconds;
    if (sent > 1) counters.callsRepeated += 1;
    if (error !== undefined) counters.callFailures += 1;
    if (error instanceof OutcomeUnknownError) counters.outcomesUnknown += 1;
    publish('bulkhead:call', () => ({
      host: this.#host,
      mount: mountId,
      type,
      name,
      method: path,
      milliseconds,
      sent,
      ...(error === undefined ? {} : { error }),
    }));
  }
}
