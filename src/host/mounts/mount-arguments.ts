import type { VersionOption } from '../host-options.ts';
import type { HostParts } from '../host-parts.ts';
import type { UnregisteredPlugin } from '../launching/resolver.ts';
import { checkMethodOptions, checkPluginName, checkUnregistered } from '../method-checks.ts';
import type { Mount, MountOptions } from './mount.ts';
import type { Source } from './sources.ts';

/** Tells apart the two ways to call `host.mount`, and checks the arguments. @throws InvalidOptionError */
export function mountArguments(
  first: UnregisteredPlugin | string,
  second: string | MountOptions | undefined,
  third: MountOptions & VersionOption,
): { readonly source: Source; readonly options: MountOptions } {
  if (typeof first === 'string') {
    checkPluginName('mount', first, second);
    checkMethodOptions('mount', third);
    const { version, ...options } = third;
    return { source: { kind: 'registered', type: first, name: second, version }, options };
  }
  checkUnregistered(first);
  const options = second === undefined ? {} : (second as MountOptions);
  checkMethodOptions('mountUnregistered', options);
  return { source: { kind: 'unregistered', plugin: first }, options };
}

export async function mountSource(
  { pool, sources }: Pick<HostParts, 'pool' | 'sources'>,
  source: Source,
  options: MountOptions,
): Promise<Mount> {
  const { signal } = options;
  const plugin = await sources.resolve(source, { signal });
  const version = source.kind === 'registered' ? source.version : undefined;
  const mount = await pool.mount(plugin, { type: plugin.type, name: plugin.name, version }, options);
  sources.set(mount, source);
  return mount;
}
