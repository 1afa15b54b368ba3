import { readFileSync } from 'node:fs';
import type { Damage, KindCatalog, PluginCatalog, RuntimeCatalog } from '../../catalog/index.ts';
import { builtInNames } from '../../kinds/well-known.ts';
import type { TrustedDirectory } from '../../catalog/internal.ts';
import type { Context } from '../command.ts';
import { text } from '../flags.ts';
import { plainText } from '../output/plain-text.ts';
import type { Terminal } from '../output/terminal.ts';
import { lazyModules } from '../lazy-modules.ts';
import { beginsWithTilde, onlyShellsExpand } from '../../settings/user-path.ts';
import { UsageError } from '../usage-error.ts';

/** Flag for the directory of the catalogs. */
export const directoryFlag = text(
  'DIR',
  'directory of the catalogs (default: $BULKHEAD_DIRECTORY, else ./bulkhead)',
  { path: true },
);

export type CatalogDirectory = TrustedDirectory;

/** @throws UsageError when `BULKHEAD_TRUSTED_OWNERS` names a user that does not exist */
export function directoryOf(
  given: string | undefined,
  { environment }: Pick<Context, 'environment'>,
): CatalogDirectory {
  const set = environment['BULKHEAD_DIRECTORY'];
  const directory = given ?? (set === undefined || set === '' ? 'bulkhead' : set);
  if (beginsWithTilde(directory))
    throw new UsageError(`BULKHEAD_DIRECTORY is ${directory}: ${onlyShellsExpand}`);
  return { directory, trustedOwners: trustedOwners(environment['BULKHEAD_TRUSTED_OWNERS'] ?? '') };
}

/** Parses numbers or names of users, separated by commas. */
function trustedOwners(setting: string): number[] {
  const users = setting.split(',').map((user) => user.trim());
  return users.filter((user) => user !== '').map((user) => (/^\d+$/.test(user) ? Number(user) : uidOf(user)));
}

function uidOf(name: string): number {
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  const uid = entries.map((line) => line.split(':')).find((fields) => fields[0] === name)?.[2];
  if (uid !== undefined && /^\d+$/.test(uid)) return Number(uid);
  throw new UsageError(`BULKHEAD_TRUSTED_OWNERS: there is no user ${JSON.stringify(name)}`);
}

export interface Catalogs {
  readonly runtimes: RuntimeCatalog;
  readonly plugins: PluginCatalog;
  readonly kinds: KindCatalog;
}

/** Opens the catalogs of a directory. Nothing is made there before something is registered. */
export async function openCatalogs({ directory, trustedOwners }: CatalogDirectory): Promise<Catalogs> {
  const [{ fileStore, PluginCatalog, RuntimeCatalog }, { KindCatalog }] = await Promise.all([
    lazyModules.catalog(),
    import('../../catalog/internal.ts'),
  ]);
  const store = fileStore(directory, { trustedOwners });
  const runtimes = new RuntimeCatalog(store);
  return {
    runtimes,
    plugins: new PluginCatalog(store, runtimes),
    kinds: new KindCatalog(store, builtInNames),
  };
}

/** Warns of damaged entries, which a list leaves out. */
export function warnOf(damaged: readonly Damage[], { err, paintErr }: Terminal): void {
  for (const { place, reason } of damaged)
    err(`${paintErr('yellow', 'Warning:')} ${plainText(`${place} ${reason}`)}`);
}
