/** Gives a command the mounts of a directory: of the process that serves them, or opened for this command alone. */
import { BulkheadError } from '../../errors.ts';
import type { KeptMounts, Mounts } from '../../vault/internal.ts';
import { beginsWithTilde, onlyShellsExpand } from '../../settings/user-path.ts';
import type { Context } from '../command.ts';
import { noteRegistered } from '../describe-error.ts';
import { text, type FlagValues } from '../flags.ts';
import { lazyModules } from '../lazy-modules.ts';
import { plainText } from '../output/plain-text.ts';
import { UsageError } from '../usage-error.ts';
import { directoryFlag, directoryOf, type CatalogDirectory } from '../commands/directory.ts';
import { engineFlag } from '../commands/engine-flag.ts';
import { tellOverrides, unknownOverrideFlag } from '../commands/override-flag.ts';
import { socketDirectoryFlag } from '../commands/socket-directory-flag.ts';

/** Flags of every command that needs the mounts. Those of the engine count where nobody serves them. */
export const mountsFlags = {
  key_file: text(
    'FILE',
    'file with the key of the storage (default: $BULKHEAD_STORAGE_KEY_FILE, else vault/key in the directory)',
    { path: true },
  ),
  override: unknownOverrideFlag,
  engine: engineFlag,
  socket_directory: socketDirectoryFlag,
  directory: directoryFlag,
};

export type MountsFlags = FlagValues<typeof mountsFlags>;

/** In a function of its own, as in lazy-modules.ts. */
const servedMounts = () => import('./served-mounts.ts');

/** How long a command waits for others that use the mounts at the same time, one after the other. */
const waitMs = 30_000;

export interface MountsNeed {
  /** Whether the storage is made where there is none. */
  readonly make?: boolean;
}

/**
 * Runs `work` with the mounts. What was opened for it is closed at the end.
 *
 * @throws VaultStorageError; BulkheadError `FILE_UNUSABLE`; StoreError `CATALOG_UNTRUSTED`; the errors of `work`
 */
export async function withMounts<T>(
  flags: MountsFlags,
  context: Context,
  { make = false }: MountsNeed,
  work: (mounts: Mounts) => Promise<T>,
): Promise<T> {
  const directory = directoryOf(flags.directory, context);
  const [{ keptPlaces }, { findServedMounts }, { silentHostText }] = await Promise.all([
    lazyModules.vault(),
    servedMounts(),
    lazyModules.control(),
  ]);
  const { folder } = keptPlaces(directory);
  const deadline = performance.now() + waitMs;
  for (;;) {
    const { mounts, silent } = await findServedMounts(folder, context.signal);
    if (mounts !== undefined) return work(mounts);
    let kept: KeptMounts | undefined;
    try {
      kept = await openMounts(directory, flags, context, make);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isInUse(error)) throw error;
      if (performance.now() < deadline && silent.length === 0) continue;
      throw inUse(error, silent.map(silentHostText));
    }
    if (kept === undefined) return work(nothingMounted);
    using _told = tellOverrides(context.terminal);
    await using opened = kept;
    return await work(opened).catch((error: unknown) => {
      throw noteRegistered(error);
    });
  }
}

/** Opens the mounts in this process. @returns `undefined` when the directory keeps none */
async function openMounts(
  directory: CatalogDirectory,
  flags: MountsFlags,
  context: Context,
  make: boolean,
): Promise<KeptMounts | undefined> {
  const { KeptMounts, openKeptStorage } = await lazyModules.vault();
  const { signal } = context;
  const storage = await openKeptStorage(directory, { keyFile: keyFileOf(flags, context), make, signal });
  if (storage === undefined) return undefined;
  return KeptMounts.open(storage, {
    openHost: async () => {
      const { PluginHost } = await lazyModules.host();
      return PluginHost.open({
        ...directory,
        socketPath: flags.engine,
        socketDirectory: flags.socket_directory,
        override: flags.override,
        control: false,
        signal,
      });
    },
    onProblem: (problem) => {
      tellProblem(problem, context);
    },
  });
}

/** @throws UsageError for a path that nobody means */
export function keyFileOf({ key_file: given }: MountsFlags, { environment }: Context): string | undefined {
  const set = environment['BULKHEAD_STORAGE_KEY_FILE'];
  const file = given ?? (set === '' ? undefined : set);
  if (file === undefined || !beginsWithTilde(file)) return file;
  throw new UsageError(`BULKHEAD_STORAGE_KEY_FILE is ${file}: ${onlyShellsExpand}`);
}

/** Tells what fails while nobody waits for it, such as the revocation of a lease. */
export function tellProblem(
  { path, what, error }: { readonly path: string; readonly what: string; readonly error: unknown },
  { terminal }: Pick<Context, 'terminal'>,
): void {
  const { message } = BulkheadError.from(error);
  terminal.err(`${terminal.paintErr('yellow', 'Warning:')} ${plainText(`${path}: ${what}: ${message}`)}`);
}

export function isInUse(error: unknown): error is BulkheadError {
  return error instanceof BulkheadError && error.code === 'VAULT_STORAGE_IN_USE';
}

function inUse(cause: BulkheadError, silent: readonly string[]): BulkheadError {
  return new BulkheadError('VAULT_STORAGE_IN_USE', [cause.message, ...silent].join('\n'), {
    cause,
    hint: 'Commands that start their own plugins take turns. Keep bulkhead serve running, and any number of commands use the mounts at the same time.',
  });
}

/** What a directory has before something is enabled in it. */
const nothingMounted: Mounts = {
  list: () => Promise.resolve([]),
  enable: () => Promise.reject(new Error('the storage is made for that')),
  disable: () => Promise.resolve(false),
  request: ({ path }) =>
    Promise.reject(
      new BulkheadError('VAULT_MOUNT_NOT_FOUND', `nothing is mounted at the path ${path}`, {
        hint: 'Nothing is mounted at all yet: bulkhead secret enable TYPE, or bulkhead auth enable TYPE.',
      }),
    ),
};
