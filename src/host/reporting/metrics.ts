/** Counters of a host, as numbers and as text for Prometheus. */
import type { InstanceSnapshot, InstanceState } from '../instances/instance-state.ts';

/** Counters of one plugin since the host was opened. */
export interface PluginCounters {
  readonly type: string;
  readonly name: string;
  starts: number;
  startFailures: number;
  restarts: number;
  calls: number;
  callFailures: number;
  /** Calls that were sent more than once. */
  callsRepeated: number;
  /** Calls that ended with `CALL_OUTCOME_UNKNOWN`. */
  outcomesUnknown: number;
  callMilliseconds: number;
  reloads: number;
}

export interface HostMetrics {
  readonly plugins: readonly Readonly<PluginCounters>[];
  readonly instances: Readonly<Record<InstanceState['name'], number>>;
  readonly mounts: number;
  /** Number of calls that are under way. */
  readonly calls: number;
  /** Number of calls that wait for a plugin. */
  readonly waiting: number;
  readonly sweptContainers: number;
  readonly sweptFolders: number;
}

export class Counters {
  /** By type, then by name, because every call looks up its counters here. */
  readonly #plugins = new Map<string, Map<string, PluginCounters>>();
  sweptContainers = 0;
  sweptFolders = 0;

  of({ type, name }: { readonly type: string; readonly name: string }): PluginCounters {
    let ofType = this.#plugins.get(type);
    if (ofType === undefined) this.#plugins.set(type, (ofType = new Map<string, PluginCounters>()));
    let counters = ofType.get(name);
    if (counters === undefined) {
      counters = {
        type,
        name,
        starts: 0,
        startFailures: 0,
        restarts: 0,
        calls: 0,
        callFailures: 0,
        callsRepeated: 0,
        outcomesUnknown: 0,
        callMilliseconds: 0,
        reloads: 0,
      };
      ofType.set(name, counters);
    }
    return counters;
  }

  snapshot(instances: readonly InstanceSnapshot[], mounts: number): HostMetrics {
    const states = {
      starting: 0,
      ready: 0,
      restarting: 0,
      'backing-off': 0,
      failed: 0,
      draining: 0,
      stopped: 0,
    };
    for (const { state } of instances) states[state.name] += 1;
    return {
      plugins: [...this.#plugins.values()]
        .flatMap((ofType) => [...ofType.values()])
        .map((counters) => ({ ...counters })),
      instances: states,
      mounts,
      calls: instances.reduce((sum, each) => sum + each.calls, 0),
      waiting: instances.reduce((sum, each) => sum + each.waiting, 0),
      sweptContainers: this.sweptContainers,
      sweptFolders: this.sweptFolders,
    };
  }
}

/** The counters in Prometheus' text format, version 0.0.4. */
export function prometheusText(metrics: HostMetrics): string {
  const lines: string[] = [];
  const metric = (
    name: string,
    kind: 'counter' | 'gauge',
    help: string,
    values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[],
  ): void => {
    lines.push(`# HELP bulkhead_${name} ${help}`, `# TYPE bulkhead_${name} ${kind}`);
    for (const { labels = {}, value } of values) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      lines.push(`bulkhead_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
    }
  };
  const perPlugin = (value: (counters: Readonly<PluginCounters>) => number) =>
    metrics.plugins.map((plugin) => ({
      labels: { type: plugin.type, name: plugin.name },
      value: value(plugin),
    }));

  metric(
    'plugin_starts_total',
    'counter',
    'Plugins that were started.',
    perPlugin((each) => each.starts),
  );
  metric(
    'plugin_start_failures_total',
    'counter',
    'Starts that failed.',
    perPlugin((each) => each.startFailures),
  );
  metric(
    'plugin_restarts_total',
    'counter',
    'Plugins that ended and were replaced.',
    perPlugin((each) => each.restarts),
  );
  metric(
    'plugin_reloads_total',
    'counter',
    'Reloads that took effect.',
    perPlugin((each) => each.reloads),
  );
  metric(
    'calls_total',
    'counter',
    'Calls of mounts that are over.',
    perPlugin((each) => each.calls),
  );
  metric(
    'call_failures_total',
    'counter',
    'Calls that ended with an error.',
    perPlugin((each) => each.callFailures),
  );
  metric(
    'calls_repeated_total',
    'counter',
    'Calls that were sent more than once.',
    perPlugin((each) => each.callsRepeated),
  );
  metric(
    'call_outcomes_unknown_total',
    'counter',
    'Calls whose plugin was lost, and which it may have carried out.',
    perPlugin((each) => each.outcomesUnknown),
  );
  metric(
    'call_seconds_total',
    'counter',
    'Time that calls took, waiting included.',
    perPlugin((each) => each.callMilliseconds / 1000),
  );
  metric(
    'instances',
    'gauge',
    'Instances by state.',
    Object.entries(metrics.instances).map(([state, value]) => ({ labels: { state }, value })),
  );
  metric('mounts', 'gauge', 'Mounts.', [{ value: metrics.mounts }]);
  metric('calls', 'gauge', 'Calls under way.', [{ value: metrics.calls }]);
  metric('calls_waiting', 'gauge', 'Calls that wait for a plugin.', [{ value: metrics.waiting }]);
  metric('swept_containers_total', 'counter', 'Containers of dead hosts that were removed.', [
    { value: metrics.sweptContainers },
  ]);
  metric('swept_folders_total', 'counter', 'Socket folders of dead hosts that were removed.', [
    { value: metrics.sweptFolders },
  ]);
  return `${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}
