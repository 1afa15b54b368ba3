/** What a host tells of its instances and calls: to its logger, its counters, and the diagnostics channels. */
import { OutcomeUnknownError } from '../errors.ts';
import { publish, type HostLogger } from './events.ts';
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';
import type { Counters } from './metrics.ts';
import type { Mount } from '../mounts/mount.ts';
import type { CallOutcome } from '../mounts/route.ts';

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

  /** A call of a mount has ended. */
  called({ mountId, plugin }: Mount, method: string, { begun, sent, error }: CallOutcome): void {
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
      method,
      milliseconds,
      sent,
      ...(error === undefined ? {} : { error }),
    }));
  }
}
