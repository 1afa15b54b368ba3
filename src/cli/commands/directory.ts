import type { Damage, PluginCatalog, RuntimeCatalog } from '../../catalog/index.ts';
import type { Context } from '../command.ts';
import { text } from '../flags.ts';
import { plainText } from '../output/plain-text.ts';
import type { Terminal } from '../output/terminal.ts';
import { rooms } from '../rooms.ts';

/** Where the catalogs are kept. */
export const directoryFlag = text(
  'DIR',
  'directory of the catalogs (default: $BULKHEAD_DIRECTORY, else ./bulkhead)',
  { path: true },
);

export function directoryOf(
  given: string | undefined,
  { environment }: Pick<Context, 'environment'>,
): string {
  const set = environment['BULKHEAD_DIRECTORY'];
  return given ?? (set === undefined || set === '' ? 'bulkhead' : set);
}

export interface Catalogs {
  readonly runtimes: RuntimeCatalog;
  readonly plugins: PluginCatalog;
}

/** The catalogs of a directory; nothing is made there before something is registered. */
export async function openCatalogs(directory: string): Promise<Catalogs> {
  const { fileStore, PluginCatalog, RuntimeCatalog } = await rooms.catalog();
  const store = fileStore(directory);
  const runtimes = new RuntimeCatalog(store);
  return { runtimes, plugins: new PluginCatalog(store, runtimes) };
}

/** Names what is no entry; a list goes on without it. */
export function warnOf(damaged: readonly Damage[], { err, paintErr }: Terminal): void {
  for (const { place, reason } of damaged)
    err(`${paintErr('yellow', 'Warning:')} ${plainText(`${place} ${reason}`)}`);
}
