/** A plugin with everything decided: its image, its engine and its settings. */
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
  /** The options of its launches, without those that belong to a single launch. */
  readonly launch: LaunchOptions & { readonly runtime: string };
  /** Everything in which plugins can differ, by name. The values are for comparing and not for showing. */
  readonly settings: Readonly<Record<string, string>>;
  /** A digest of the settings: equal for plugins that run in the same way. */
  readonly key: string;
}

/** The settings that are compared to decide whether two plugins are the same. */
export function settingsOf(plugin: Omit<ResolvedPlugin, 'settings' | 'key'>): Record<string, string> {
  const {
    signal: _signal,
    onLog: _onLog,
    onOutput: _onOutput,
    onOutputGap: _onOutputGap,
    labels: _labels,
    image: _image,
    override: _override,
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

/** @param secret keeps others from finding out values of variables by guessing */
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
