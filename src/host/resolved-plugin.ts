/** A plugin with everything settled: which image, on which engine, with which settings. */
import { createHmac, type BinaryLike } from 'node:crypto';
import type { LaunchOptions } from '../container/index.ts';
import type { Engine } from '../engine/index.ts';
import type { PluginKind } from '../kinds/index.ts';

export interface ResolvedPlugin {
  readonly type: string;
  readonly name: string;
  /** Empty when unversioned. */
  readonly version: string;
  readonly imageId: string;
  readonly kind: PluginKind;
  readonly engine: Engine;
  /** What to launch, without what belongs to one launch. */
  readonly launch: LaunchOptions & { readonly runtime: string };
  /** Everything by which plugins differ, by name; values are for comparing, not for showing. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same for everything that runs in the same way. */
  readonly key: string;
}

/** What is compared when two plugins are held to be the same. */
export function settingsOf(plugin: Omit<ResolvedPlugin, 'settings' | 'key'>): Record<string, string> {
  const {
    signal: _signal,
    onLog: _onLog,
    onOutput: _onOutput,
    labels: _labels,
    image: _image,
    ...launch
  } = plugin.launch;
  const settings = {
    type: plugin.type,
    name: plugin.name,
    version: plugin.version,
    image: plugin.imageId,
    engine: plugin.engine.socketPath,
    ...launch,
  };
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, JSON.stringify(sorted(value))]),
  );
}

/** @param secret keeps anybody from finding out values of variables by trying */
export function keyOf(settings: Readonly<Record<string, string>>, secret: BinaryLike): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify(sorted(settings)))
    .digest('hex')
    .slice(0, 16);
}

/** Names of the settings in which two plugins differ. */
export function differences(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [name, sorted(entry)]),
  );
}
