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
    'If nothing of this name is registered, that is said, and the exit code is 0. Where another version or type of it is, they are named: the exit code is 1, and nothing is removed.',
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
    if (!existed) await refuseOtherEntries(plugins, type, name, version);
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

/** Refuses to say only that there is no such entry where another one was meant: the user would think it was removed. */
async function refuseOtherEntries(
  plugins: PluginCatalog,
  type: string,
  name: string,
  version: string,
): Promise<void> {
  const { entries } = await plugins.list();
  const known = entries.filter((entry) => entry.name === name);
  if (known.length === 0) return;
  const wanted = version === '' ? 'unversioned entry' : `version ${version}`;
  const names = known.map((entry) => {
    const own = entry.version === '' ? 'the unversioned entry' : entry.version;
    return entry.type === type ? own : `${own} of ${entry.type} plugin ${name}`;
  });
  throw new BulkheadError(
    'CATALOG_NOT_FOUND',
    `no ${wanted} of ${type} plugin ${name}; registered are ${names.join(', ')}`,
    { hint: 'Name one with -version. Nothing was removed.' },
  );
}
