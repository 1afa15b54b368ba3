import {
  gatherEngineFacts,
  gatherHostFacts,
  gatherImageFacts,
  judge,
  known,
  passingGid,
  type EngineFacts,
  type ImageFacts,
  type LaunchFacts,
  type LaunchStrategy,
  type LaunchVerdict,
  type LaunchRequirements,
} from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { ImageNotPresentError, LaunchRefusedError, LaunchUnknownError } from './errors.ts';
import type { PluginContainerOptions } from './options.ts';

/** gVisor, as in Vault: the plugin gets a kernel of its own. */
export const defaultRuntime = 'runsc';

/** What a launch wants beside the container's options. */
export type PlannedOptions = PluginContainerOptions & Pick<LaunchRequirements, 'brokerMultiplex'>;

export interface LaunchPlan {
  readonly imageId: string;
  readonly strategy: LaunchStrategy;
}

/**
 * Looks and judges; what comes back is executed as it stands.
 *
 * @throws ImageNotPresentError, LaunchRefusedError, LaunchUnknownError
 */
export async function planLaunch(
  engine: Engine,
  options: PlannedOptions,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<LaunchPlan> {
  const { imageId, verdict } = await checkLaunch(engine, options, { signal });
  return { imageId, strategy: strategyOf(verdict, options) };
}

/**
 * What a launch would be told, before anything is made.
 *
 * @throws ImageNotPresentError
 */
export async function checkLaunch(
  engine: Engine,
  options: PlannedOptions,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<{ readonly imageId: string; readonly verdict: LaunchVerdict }> {
  signal?.throwIfAborted();
  const image = await presentImage(engine, options, signal);
  const wishes = { ...options, runtime: options.runtime ?? defaultRuntime };
  let verdict = judge(await launchFacts(engine, image, options), wishes);
  if (verdict.status !== 'works') {
    // An engine learns new runtimes when its configuration is read again: ask anew before saying no.
    verdict = judge(await launchFacts(engine, image, options, { fresh: true, signal }), wishes);
  }
  return { imageId: image.id, verdict };
}

async function presentImage(
  engine: Engine,
  { image: reference, imageCacheDirectory: cacheDirectory }: PlannedOptions,
  signal: AbortSignal | undefined,
): Promise<ImageFacts> {
  const image = await gatherImageFacts(engine, reference, { cacheDirectory, signal });
  if (!('absent' in image)) return image;
  throw new ImageNotPresentError(reference, `${engine.kind} at ${engine.socketPath}`);
}

/** This engine is the one that the launch has: that a service of our own could be started does not help here. */
async function launchFacts(
  engine: Engine,
  image: ImageFacts,
  options: PlannedOptions,
  { fresh = false, signal }: { fresh?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<LaunchFacts> {
  const [host, engineFacts] = await Promise.all([
    gatherHostFacts({ socketDirectory: options.socketDirectory }),
    fresh ? askAnew(engine, options, signal) : rememberedFacts(engine, options),
  ]);
  const podmanRuntimes = known([], 'the launch has this engine');
  return { host: { ...host, podmanRuntimes }, engine: engineFacts, image };
}

function strategyOf(verdict: LaunchVerdict, { image, override }: PlannedOptions): LaunchStrategy {
  if (verdict.status === 'works') return verdict.strategy;
  if (verdict.status === 'refused' && override !== 'refused')
    throw new LaunchRefusedError(image, verdict.reasons);
  if (verdict.status === 'unknown' && override === undefined)
    throw new LaunchUnknownError(image, verdict.reasons);
  return verdict.attempt;
}

/** The group that has to pass the folder in which socket directories for this engine are made; see `passingGid`. */
export async function passingGidOf(
  engine: Engine,
  socketDirectory: string | undefined,
): Promise<number | undefined> {
  // Only root can give a folder to the group of somebody else.
  if (process.geteuid?.() !== 0) return undefined;
  const facts = await rememberedFacts(engine, { image: '', socketDirectory });
  return passingGid({ uid: known(0, 'geteuid') }, facts);
}

/** Looking at an engine takes longer than creating a container, and what is seen hardly ever changes. By socket folder. */
const seen = new WeakMap<Engine, Map<string, Promise<EngineFacts>>>();

function rememberedFacts(engine: Engine, options: PlannedOptions): Promise<EngineFacts> {
  const known = seen.get(engine)?.get(options.socketDirectory ?? '');
  return (
    known ??
    remember(engine, options, gatherEngineFacts(engine, { socketDirectory: options.socketDirectory }))
  );
}

function askAnew(
  engine: Engine,
  options: PlannedOptions,
  signal: AbortSignal | undefined,
): Promise<EngineFacts> {
  const { socketDirectory } = options;
  return remember(engine, options, gatherEngineFacts(engine, { socketDirectory, fresh: true, signal }));
}

function remember(
  engine: Engine,
  { socketDirectory = '' }: PlannedOptions,
  facts: Promise<EngineFacts>,
): Promise<EngineFacts> {
  const folders = seen.get(engine) ?? new Map<string, Promise<EngineFacts>>();
  seen.set(engine, folders.set(socketDirectory, facts));
  facts.catch(() => folders.delete(socketDirectory));
  return facts;
}
