import type { RuntimeEntry } from '../../../catalog/index.ts';
import { catalogField } from '../../../settings/setting-list.ts';

/** The fields that every plugin runtime shows. */
export const runtimeFieldNames = [
  'type',
  'name',
  'oci_runtime',
  'cgroup_parent',
  'cpu_nanos',
  'memory_bytes',
  'rootless',
] as const;

/** A plugin runtime in Vault's field names. Vault's fields are always present, ours where they are set. */
export function runtimeData(entry: RuntimeEntry): Record<string, unknown> {
  return {
    type: 'container',
    name: entry.name,
    oci_runtime: '',
    cgroup_parent: '',
    cpu_nanos: 0,
    memory_bytes: 0,
    rootless: false,
    ...Object.fromEntries(
      Object.entries(entry).map(([name, value]) => [catalogField(name), value as unknown]),
    ),
  };
}
