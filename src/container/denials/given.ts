import { passedDefaults, passedSettings } from '../../settings/setting-list.ts';
import type { LaunchStrategy } from '../../compatibility/index.ts';
import { NotFoundError, type Engine, type InspectedContainer } from '../../engine/index.ts';
import { temporaryFolders, tmpfsOf, type Given, type TemporaryFolder } from './denial.ts';

/** Reads from the plan of a launch, and from the container that was made of it, what the plugin was given. */
export function givenOf(
  engine: Engine,
  strategy: LaunchStrategy,
  container: InspectedContainer | undefined,
): Given {
  const passed = { ...passedDefaults, ...passedSettings(strategy) };
  const command = container === undefined ? [] : [...container.config.entrypoint, ...container.config.cmd];
  return {
    engine: engine.kind,
    gvisor: strategy.proveGvisor,
    network: passed.network ?? 'none',
    readOnlyRoot: passed.readOnlyRootFilesystem === true,
    tmpfs: passed.tmpfs ?? [],
    capabilities: strategy.capabilities,
    noNewPrivileges: strategy.noNewPrivileges,
    seccomp: passed.seccomp !== 'unconfined',
    memoryBytes: strategy.memoryBytes,
    pidsLimit: strategy.pidsLimit,
    uid: uidOf(strategy.user ?? container?.config.user),
    programs: command.filter((word) => word.startsWith('/')),
    temporary: {},
  };
}

function uidOf(user: string | undefined): number | undefined {
  if (user === '' || user === 'root') return 0;
  const [, uid] = /^(\d+)(?::|$)/.exec(user ?? '') ?? [];
  return uid === undefined ? undefined : Number(uid);
}

/** Words that may be about a folder for temporary files that is not there, or can't be written to. */
const maybeTemporary = /\/tmp\b|temp/i;

/** Adds what is seen of the folders for temporary files in the container, if the text may be about them. */
export async function withTemporary(
  given: Given,
  text: string,
  { engine, id, signal }: { readonly engine: Engine; readonly id: string; readonly signal: AbortSignal },
): Promise<Given> {
  if (!maybeTemporary.test(text)) return given;
  const seen = await Promise.all(
    temporaryFolders.map(async (folder): Promise<(readonly [string, TemporaryFolder])[]> => {
      if (tmpfsOf(folder, given) !== undefined) return [];
      try {
        const { kind, mode } = await engine.containers.statPath(id, folder, { signal });
        if (kind !== 'directory') return [];
        return [[folder, given.uid === 0 || (mode & 0o002) !== 0 ? 'writable' : 'not writable']];
      } catch (error) {
        return error instanceof NotFoundError ? [[folder, 'absent']] : [];
      }
    }),
  );
  return { ...given, temporary: Object.fromEntries(seen.flat()) };
}
