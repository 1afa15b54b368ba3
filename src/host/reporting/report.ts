/** Reports on instances and calls to the host's logger, its counters, and the diagnostics channels. */
import { OutcomeUnknownError } from '../errors.ts';
import { publish, type HostLogger } from './events.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { Counters } from './metrics.ts';

/** The names by which reports identify a mount. */
export interface MountName {
  readonly mountId: string;
  readonly plugin: { readonly type: string; readonly name: string };
}

/** A call of a mount that is over. */
export interface EndedCall {
  /** `/package.Service/Method` */
  readonly path: string;
  /** When the call began, by `performance.now()`. */
  readonly begun: number;
  /** How many times it was sent. */
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

  /** Reports that a call of a mount has ended. */
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
