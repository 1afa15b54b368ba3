import type { PluginCatalog } from '../../../catalog/index.ts';
import { BulkheadError } from '../../../errors.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';
import { pluginTypes } from './types.ts';

export const deregister = command({
  name: 'deregister',
  summary: 'remove a plugin from the catalog; what runs continues to run',
  details: [
    'If there is no such entry, that is said, and the exit code is 0. Where other versions of the plugin are registered, the one that is meant must be named: the exit code is 1, and nothing is removed.',
  ],
  examples: ['plugin deregister -version=0.24.0 secret kv'],
  positionals: [{ name: 'TYPE', complete: pluginTypes }, { name: 'NAME' }],
  flags: {
    version: text('VERSION', 'this version (default: the unversioned entry)'),
    directory: directoryFlag,
  },
  async run({ args: [type, name], flags }, context) {
    const { plugins } = await openCatalogs(directoryOf(flags.directory, context));
    const { version = '' } = flags;
    const existed = await plugins.deregister(type, name, version, { signal: context.signal });
    if (!existed && version === '') await refuseOtherVersions(plugins, type, name);
    context.terminal.out(
      plainText(
        existed
          ? `Success! Deregistered ${type} plugin: ${name}`
          : `Plugin ${JSON.stringify(name)} (type: ${JSON.stringify(type)}, version ${JSON.stringify(version)}) does not exist in the catalog`,
      ),
    );
    return exitCodes.ok;
  },
});

/** Refuses to leave out the version of a plugin that has versions: the user would think that the plugin was removed. */
async function refuseOtherVersions(plugins: PluginCatalog, type: string, name: string): Promise<void> {
  const { entries } = await plugins.list({ type });
  const versions = entries.filter((entry) => entry.name === name).map(({ version }) => version);
  if (versions.length === 0) return;
  const known = versions.map((version) => (version === '' ? 'the unversioned entry' : version));
  throw new BulkheadError(
    'CATALOG_NOT_FOUND',
    `no such entry of ${type} plugin ${name}; registered are ${known.join(', ')}`,
    { hint: 'Name one with -version.' },
  );
}
