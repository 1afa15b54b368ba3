/** Tries on a real engine whether a plugin does what Vault asks of secrets engines and auth methods. */
import { orAborted } from '../../abort.ts';
import type { PluginRegistration, RuntimeSettings } from '../../catalog/index.ts';
import { NotFoundError, type Engine } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';
import type { PluginHost } from '../../host/index.ts';
import { hostLabels } from '../../host/internal.ts';
import { openVaultMount } from '../mount/open-vault-mount.ts';
import type { VaultMount } from '../mount/vault-mount.ts';
import { memoryStorage } from '../storage/memory-storage.ts';
import { StepRunner, type ConformanceStep } from './steps.ts';

export interface ConformanceOptions {
  /** Opens a host without a directory on the engine; the run closes it. */
  readonly openHost: () => Promise<PluginHost>;
  readonly plugin: Omit<PluginRegistration, 'type' | 'name' | 'runtime' | 'version'>;
  /** Default: found out by the probe. */
  readonly type?: 'secret' | 'auth' | undefined;
  readonly runtime: RuntimeSettings;
  /** Options of the mounts. */
  readonly config: Readonly<Record<string, string>>;
  /** Time limit of each step, in milliseconds. */
  readonly stepMs: number;
  readonly signal: AbortSignal;
}

const name = 'conformance';
/** A path that no plugin is likely to have something at. */
const nothingThere = 'bulkhead-conformance';

/**
 * Registers the plugin, mounts and exercises it, kills it and calls it again, and mounts it twice. What is wrong is in
 * the steps.
 *
 * @throws the reason of the abort only
 * @remarks Abort ends the run, and leaves nothing.
 */
export async function conformanceRun(options: ConformanceOptions): Promise<readonly ConformanceStep[]> {
  const { signal, stepMs } = options;
  const runner = new StepRunner(signal, stepMs);
  const opened: PluginHost[] = [];
  try {
    const registered = await runner.run('registers', async (limited) => {
      const host = await options.openHost();
      opened.push(host);
      const { detail, type } = await register(host, options, limited);
      return [detail, { host, type, engine: await host.engine(options.runtime.ociRuntime) }];
    });
    if (registered !== undefined) await exercise(runner, registered, options);
    runner.skipOthers('an earlier step has failed');
  } finally {
    for (const host of opened) {
      await host.close().catch((error: unknown) => {
        runner.fail('leaves nothing', error);
      });
    }
  }
  return runner.steps;
}

async function register(
  host: PluginHost,
  { plugin, type, runtime }: ConformanceOptions,
  signal: AbortSignal,
): Promise<{ readonly detail: string; readonly type: 'secret' | 'auth' }> {
  await host.runtimes.register({ ...runtime, type: 'container', name });
  const registration = { ...plugin, type: type ?? 'unknown', name, runtime: name };
  const { plugin: made } = await host.plugins.register(registration, { signal });
  if (made.type !== 'secret' && made.type !== 'auth') {
    throw new BulkheadError('PLUGIN_MISMATCH', `it is of type ${made.type}`, {
      hint: 'This run is for secrets engines and auth methods.',
    });
  }
  return {
    detail: `as ${made.type}${made.version === '' ? '' : `, version ${made.version}`}`,
    type: made.type,
  };
}

interface Registered {
  readonly host: PluginHost;
  readonly engine: Engine;
  readonly type: 'secret' | 'auth';
}

async function exercise(
  runner: StepRunner,
  { host, engine, type }: Registered,
  { config }: ConformanceOptions,
): Promise<void> {
  const storage = memoryStorage();
  const problems: unknown[] = [];
  const open = (path: string, signal: AbortSignal): Promise<VaultMount> =>
    openVaultMount(host, {
      ...{ type, name, path: type === 'auth' ? `auth/${path}` : path, storage, config, signal },
      rollbackMs: false,
      onProblem: ({ error }) => problems.push(error),
    });
  const mount = await runner.run('mounts', async (signal) => {
    const opened = await open(name, signal);
    const version = opened.reportedVersion;
    return [version === '' ? 'it reports no version' : `it reports version ${version}`, opened];
  });
  if (mount === undefined) return;
  await runner.check('answers help', (signal) => helpOf(mount, signal));
  await runner.check('answers the existence check', async (signal) => {
    const exists = await mount.exists(nothingThere, {}, { signal });
    return exists === undefined
      ? 'it has none for this path'
      : `there is ${exists ? 'something' : 'nothing'}`;
  });
  await runner.check('says its special paths', () => Promise.resolve(specialPathsOf(mount)));
  await runner.check('rolls back', async (signal) => {
    await orAborted(mount.rollback(), signal);
    return 'the periodic rollback went through';
  });
  await runner.check('serves again after a kill', (signal) => serveAgain(mount, engine, signal));
  await runner.check('mounts twice', async (signal) => {
    await using second = await open(`${name}-second`, signal);
    await helpOf(second, signal);
    await helpOf(mount, signal);
    return second.mount.instance.id === mount.mount.instance.id
      ? 'multiplexed: both mounts share a container'
      : 'not multiplexed: each mount has a container of its own';
  });
  await runner.check('leaves nothing', async (signal) => {
    await mount.destroy();
    const left = await engine.containers.list({
      all: true,
      filters: { label: [`${hostLabels.hostId}=${host.id}`] },
      signal,
    });
    if (left.length > 0) throw new BulkheadError('CLEANUP_FAILED', `${left.length} containers are left`);
    if (problems.length > 0) throw problems[0] as Error;
    return 'its containers are gone';
  });
}

async function serveAgain(mount: VaultMount, engine: Engine, signal: AbortSignal): Promise<string> {
  const before = containerOf(mount);
  await engine.containers.kill(before, { signal });
  // The answer of a plugin that is just being killed would prove nothing.
  await engine.containers.wait(before, { signal }).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
  });
  await helpOf(mount, signal);
  if (containerOf(mount) === before)
    throw new BulkheadError('INTERNAL', 'the container that was killed has answered');
  return 'another container has answered, after its setup';
}

async function helpOf(mount: VaultMount, signal: AbortSignal): Promise<string> {
  const { text } = await mount.help('', { signal });
  if (text.trim() === '')
    throw new BulkheadError('VAULT_REQUEST_FAILED', 'the help of its root path is empty');
  return text.trim().split('\n')[0]?.trim() ?? '';
}

function specialPathsOf({ specialPaths }: VaultMount): string {
  const lists = Object.entries(specialPaths) as [string, readonly string[]][];
  const some = lists.filter(([, paths]) => paths.length > 0);
  if (some.length === 0) return 'it has none';
  return some.map(([kind, paths]) => `${kind}: ${paths.join(', ')}`).join('; ');
}

function containerOf({ mount }: VaultMount): string {
  const { state } = mount.instance;
  if (state.name === 'ready' && state.containerId !== undefined) return state.containerId;
  throw new BulkheadError('INSTANCE_NOT_READY', `the plugin is ${state.name}`);
}
