/** Replaces running plugins by new ones without a failed call: start, prepare, move over, drain, stop. */
import { ReloadFailedError } from '../errors.ts';
import type { VersionOption } from '../host-options.ts';
import type { Instance } from '../instances/instance.ts';
import type { MountedPlugin } from './mounted-plugin.ts';
import type { Pool } from './pool.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import type { MountedGeneration } from './route.ts';
import { inVersion, type Source, type Sources } from './sources.ts';

export interface ReloadOptions {
  /** How long the old plugin's calls may take to end, in milliseconds; then they fail. Default: 30000. */
  readonly drainMs?: number | undefined;
  /** Launches the new plugin although it could not be observed whether that works; a refusal stays one. */
  readonly override?: 'unknown' | undefined;
  /** Abort before the mounts have moved undoes everything; afterwards it has no effect. */
  readonly signal?: AbortSignal | undefined;
}

/** Which mounts are to move to new plugins, and how. */
export interface PluginReload extends ReloadOptions, VersionOption {
  readonly type: string;
  readonly name: string;
  /** Ids of the mounts to move; default: all mounts of the plugin. */
  readonly mounts?: readonly string[] | undefined;
}

/**
 * Resolves what the mounts of a plugin asked for again, and moves them to the result. Must not run twice at once for a
 * plugin.
 *
 * @returns how many mounts moved
 * @throws ReloadFailedError
 */
export async function reloadPlugin(
  pool: Pool,
  sources: Sources,
  { type, name, version, mounts, override, ...options }: PluginReload,
): Promise<number> {
  const known = (): [MountedPlugin, Source][] =>
    pool.mounts
      .filter(({ plugin }) => plugin.type === type && plugin.name === name)
      .filter(({ mountId }) => mounts?.includes(mountId) ?? true)
      .flatMap((mount) => {
        const source = sources.of(mount);
        return source === undefined ? [] : [[mount, inVersion(source, version)]];
      });
  if (known().length === 0) return 0;
  const resolve = async (mount: MountedPlugin): Promise<ResolvedPlugin> => {
    const source = sources.of(mount);
    if (source === undefined) return mount.runsOn.plugin;
    return overridden(await sources.resolve(inVersion(source, version), options), override);
  };
  await reloadMounts(pool, () => known().map(([mount]) => mount), resolve, options);
  const moved = known();
  for (const [mount, source] of moved) sources.set(mount, source);
  return moved.length;
}

/** An override changes nothing of how the plugin runs, and so neither its settings nor its key. */
function overridden(plugin: ResolvedPlugin, override: 'unknown' | undefined): ResolvedPlugin {
  return override === undefined ? plugin : { ...plugin, launch: { ...plugin.launch, override } };
}

/** A mount, and the instance and generation that it is to move to. */
interface Move {
  readonly mount: MountedPlugin;
  readonly target: Instance;
  readonly use: MountedGeneration;
}

/**
 * Moves `mounts`, including those that join in the meantime, to new plugins as `resolve` says: either all or none.
 *
 * @throws ReloadFailedError with why the new plugin can't take over; then nothing has changed
 */
export async function reloadMounts(
  pool: Pool,
  mounts: () => readonly MountedPlugin[],
  resolve: (mount: MountedPlugin) => Promise<ResolvedPlugin>,
  { drainMs = 30_000, signal }: ReloadOptions,
): Promise<void> {
  const title = titleOf(mounts()); // its mounts may have closed when it fails
  const targets: Instance[] = [];
  let moves: Move[];
  try {
    moves = await prepareMoves(pool, mounts, resolve, targets, signal);
    signal?.throwIfAborted();
  } catch (error) {
    await Promise.allSettled(targets.map((target) => pool.stop(target, 'the reload failed')));
    signal?.throwIfAborted();
    throw new ReloadFailedError(title, error);
  }
  // Up to the end of the loop nothing else runs: every call goes either to the old or to the new plugin.
  const left = moves
    .filter(({ mount }) => !mount.closed)
    .map((move) => ({ ...move, before: move.mount.moveTo(move.target, move.use) }));
  for (const { mount } of left) pool.report.mounted('moved', mount, mount.runsOn.id);
  await Promise.all(
    left.map(async ({ mount, before }) => {
      if (before.use !== undefined) await mount.releaseFrom(before.use, { limitMs: drainMs });
    }),
  );
  const instances = new Set([...left.map(({ before }) => before.instance), ...targets]);
  await Promise.all([...instances].map((instance) => pool.leaveInstance(instance)));
}

/** Starts as few plugins as the mounts need, and prepares each for its mounts. */
async function prepareMoves(
  pool: Pool,
  mounts: () => readonly MountedPlugin[],
  resolve: (mount: MountedPlugin) => Promise<ResolvedPlugin>,
  targets: Instance[],
  signal: AbortSignal | undefined,
): Promise<Move[]> {
  const shared = new Map<string, Instance>();
  const moves = new Map<MountedPlugin, Move>();
  for (;;) {
    const mount = mounts().find((each) => !each.closed && !moves.has(each));
    if (mount === undefined) return [...moves.values()];
    const plugin = await resolve(mount);
    const mayShare = mount.options.share !== false;
    let target = mayShare ? shared.get(plugin.key) : undefined;
    if (target === undefined) {
      target = await pool.open(plugin, { signal });
      targets.push(target);
      // An instance of a mount that does not share is no other mount's either.
      if (mayShare && target.shared === true) shared.set(plugin.key, target);
    }
    const generation = await target.ready({ signal });
    moves.set(mount, { mount, target, use: await mount.prepareOn(target, generation) });
  }
}

function titleOf(mounts: readonly MountedPlugin[]): string {
  const [first] = mounts;
  return first === undefined ? 'nothing' : `${first.plugin.type} ${first.plugin.name}`;
}
