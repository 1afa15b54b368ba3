import type { PluginInfo } from '../../catalog/index.ts';
import { BulkheadError } from '../../errors.ts';
import { UsageError } from '../usage-error.ts';
import { openCatalogs, type CatalogDirectory } from './directory.ts';

/** Type and name of a registered plugin. */
export type PluginName = Pick<PluginInfo, 'type' | 'name'>;

/**
 * The plugin in the catalog that a name such as `kv` or `secret/kv` refers to.
 *
 * @throws UsageError when the name is ambiguous; BulkheadError `CATALOG_NOT_FOUND` when there is no such plugin
 */
export async function registeredPlugin(directory: CatalogDirectory, given: string): Promise<PluginName> {
  const entries = await entriesOf(directory);
  const plugin = pluginNamed(entries, given);
  if (plugin !== undefined) return plugin;
  const known = [...new Set(entries.map(({ type, name }) => `${type}/${name}`))];
  throw new BulkheadError(
    'CATALOG_NOT_FOUND',
    `the catalog in ${directory.directory} has no plugin ${JSON.stringify(given)}`,
    {
      hint:
        (known.length === 0 ? '' : `It has ${known.join(', ')}. `) +
        'To start an image that is in no catalog, give -cookie=KEY=VALUE, or -type if it is of a known kind.',
    },
  );
}

/** The same, or `undefined` when no plugin has the name. @throws UsageError when the name is ambiguous */
export async function findRegistered(
  directory: CatalogDirectory,
  given: string,
): Promise<PluginName | undefined> {
  return pluginNamed(await entriesOf(directory), given);
}

async function entriesOf(directory: CatalogDirectory): Promise<readonly PluginInfo[]> {
  const { plugins } = await openCatalogs(directory);
  return (await plugins.list()).entries;
}

/** The plugin among these that a name refers to, if any. @throws UsageError when the name is ambiguous */
export function pluginNamed(entries: readonly PluginName[], given: string): PluginName | undefined {
  const found = new Map(
    entries
      .filter(({ type, name }) => name === given || `${type}/${name}` === given)
      .map(({ type, name }) => [`${type}/${name}`, { type, name }]),
  );
  if (found.size > 1)
    throw new UsageError(`${given} may be ${[...found.keys()].join(' or ')}: give the type too`);
  return [...found.values()][0];
}
