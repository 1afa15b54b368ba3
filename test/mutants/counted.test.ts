/** Every counter comes out with its own name, its labels, and its value. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Counters, prometheusText } from '../../src/host/reporting/metrics.ts';

it('shows each counter of a host once, with what was counted', () => {
  const counters = new Counters();
  assert.deepEqual([counters.sweptContainers, counters.sweptFolders], [0, 0]);
  const kv = counters.of({ type: 'kv', name: 'a' });
  assert.equal(counters.of({ type: 'kv', name: 'a' }), kv);
  assert.notEqual(counters.of({ type: 'kv', name: 'b' }), kv);
  assert.notEqual(counters.of({ type: 'other', name: 'a' }), kv);
  assert.ok(Object.values(kv).every((value) => typeof value === 'string' || value === 0));
  const values = {
    ...{ starts: 2, startFailures: 3, restarts: 4, reloads: 5, calls: 6, callFailures: 7 },
    ...{ callsRepeated: 8, outcomesUnknown: 9, callMilliseconds: 2500 },
  };
  Object.assign(kv, values);
  counters.sweptContainers = 10;
  counters.sweptFolders = 11;
  const instance = (name: string, calls: number, waiting: number) => ({ state: { name }, calls, waiting });
  const instances = [instance('ready', 3, 1), instance('ready', 4, 0), instance('failed', 0, 5)];
  const snapshot = counters.snapshot(instances as never, 12);
  assert.deepEqual(snapshot.plugins[0], { type: 'kv', name: 'a', ...values });
  assert.notEqual(snapshot.plugins[0], kv, 'a snapshot does not change any more');
  assert.deepEqual(
    { ...snapshot, plugins: [] },
    {
      plugins: [],
      instances: {
        ...{ starting: 0, ready: 2, restarting: 0, 'backing-off': 0, failed: 1, draining: 0, stopped: 0 },
      },
      ...{ mounts: 12, calls: 7, waiting: 6, sweptContainers: 10, sweptFolders: 11 },
    },
  );
  const lines = prometheusText(snapshot).split('\n');
  for (const line of [
    'bulkhead_plugin_starts_total{type="kv",name="a"} 2',
    'bulkhead_plugin_start_failures_total{type="kv",name="a"} 3',
    'bulkhead_plugin_restarts_total{type="kv",name="a"} 4',
    'bulkhead_plugin_reloads_total{type="kv",name="a"} 5',
    'bulkhead_calls_total{type="kv",name="a"} 6',
    'bulkhead_call_failures_total{type="kv",name="a"} 7',
    'bulkhead_calls_repeated_total{type="kv",name="a"} 8',
    'bulkhead_call_outcomes_unknown_total{type="kv",name="a"} 9',
    'bulkhead_call_seconds_total{type="kv",name="a"} 2.5',
    'bulkhead_instances{state="ready"} 2',
    'bulkhead_instances{state="failed"} 1',
    'bulkhead_mounts 12',
    'bulkhead_calls 7',
    'bulkhead_calls_waiting 6',
    'bulkhead_swept_containers_total 10',
    'bulkhead_swept_folders_total 11',
  ])
    assert.equal(lines.filter((each) => each === line).length, 1, line);
  const kinds = lines.filter((line) => line.startsWith('# TYPE '));
  assert.equal(kinds.length, 15);
  const gauges = kinds.filter((line) => line.endsWith(' gauge')).map((line) => line.split(' ')[2]);
  assert.deepEqual(
    gauges,
    ['instances', 'mounts', 'calls', 'calls_waiting'].map((name) => `bulkhead_${name}`),
  );
  assert.equal(lines.at(-1), '');
});
