import { stripVTControlCharacters } from 'node:util';
import type { PluginHost } from 'bulkhead';

const columns = ['name', 'runtime', 'state', 'mounts', 'restarts', 'container'] as const;

/** What runs, as `bulkhead ps` shows it. */
export function instances(host: PluginHost): void {
  const rows = host.instances().map(({ name, runtime, state, mounts, restarts }) => ({
    name,
    runtime,
    state: state.name,
    mounts: mounts.join(', '),
    restarts: String(restarts),
    container: state.name === 'ready' ? (state.containerId?.slice(0, 12) ?? '') : '',
  }));
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const print = (cells: readonly string[]): void => {
    const padded = cells.map((cell, i) => stripVTControlCharacters(cell).padEnd(widths[i] ?? 0));
    console.log(`   ${padded.join('  ').trimEnd()}`);
  };
  print(columns);
  for (const row of rows) print(columns.map((column) => row[column]));
}
