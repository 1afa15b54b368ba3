import { resolve } from 'node:path';
import {
  gatherImageFacts,
  judge,
  known,
  rules,
  type AbsentImage,
  type ImageFacts,
  type LaunchFacts,
  type LaunchRequirements,
  type LaunchStrategy,
  type LaunchVerdict,
  type Reason,
} from '../compatibility/index.ts';
import { gatherNetworkFacts, hostFactsWith, inspectionOf } from '../compatibility/internal.ts';
import type { Engine, InspectedImage } from '../engine/index.ts';
import type { BulkheadError } from '../errors.ts';
import { temporaryFolder } from '../linux/standard-folders.ts';
import { ImageNotPresentError, LaunchRefusedError, LaunchUnknownError } from './errors.ts';
import type { PluginContainerOptions } from './options.ts';
import { checkLaunchOptions } from './launch-checks.ts';
import { freshEngineFacts, rememberedEngineFacts, rememberedPrograms } from './remembered-facts.ts';

/** gVisor, as in Vault: it gives the plugin a kernel of its own. */
export const defaultRuntime = 'runsc';

/** The options that a launch is planned from. */
export type PlannedOptions = PluginContainerOptions & Pick<LaunchRequirements, 'brokerMultiplex'>;

/** How the launch is made, as far as its options do not say. */
export interface LaunchSite {
  /** Whether the plugin's folder is made inside a host's owned folder below `socketDirectory`. Default false. */
  readonly ownedFolder?: boolean | undefined;
  /** Whether a Podman service of our own may be started for the launch in place of this engine. Default false. */
  readonly ownService?: boolean | undefined;
  /** What has to be done before this host is looked at. The engine is asked about the image meanwhile. */
  readonly prepared?: Promise<unknown> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Everything decided about a launch before anything is made. The launch executes the plan as it stands. */
export interface LaunchPlan {
  /** Empty when the engine does not have the image. */
  readonly imageId: string;
  /** What the engine said of the image; the container is compared with it too. */
  readonly image?: InspectedImage | undefined;
  readonly facts: LaunchFacts;
  readonly requirements: LaunchRequirements;
  readonly verdict: LaunchVerdict;
  /** How the plugin is launched, or how an overridden launch is tried. */
  readonly strategy: LaunchStrategy;
  /** The reasons against the launch that `override` passes over; empty when the launch needs no override. */
  readonly overridden: readonly Reason[];
  /** Why the launch does not go ahead; absent when it does, which `override` may be the reason for. */
  readonly refusal?: BulkheadError | undefined;
}

/**
 * Gathers the facts and judges the launch. Every launch is planned here. Whoever predicts a launch asks for the same
 * plan: `bulkhead check`, `PluginHost.check`, the live matrix and the registration of plugins.
 *
 * @throws the errors of the engine; reasons against the launch are the plan's `refusal`
 * @remarks Nothing is made. Abort ends the requests.
 */
export async function planLaunch(
  engine: Engine,
  options: PlannedOptions,
  site: LaunchSite = {},
): Promise<LaunchPlan> {
  checkLaunchOptions('a launch', options);
  const { signal } = site;
  signal?.throwIfAborted();
  const { imageCacheDirectory: cacheDirectory } = options;
  const gathering = siteFacts(engine, options, site);
  gathering.catch(() => undefined); // what is wrong with the image is told first
  const image = await gatherImageFacts(engine, options.image, { cacheDirectory, signal });
  const requirements = { ...options, runtime: options.runtime ?? defaultRuntime };
  let facts: LaunchFacts = { ...(await gathering), image };
  let verdict = judge(facts, requirements);
  if (verdict.status !== 'works') {
    // An engine learns new runtimes when it reloads its configuration: it is asked again before the launch is refused.
    facts = { ...(await siteFacts(engine, options, { ...site, fresh: true })), image };
    verdict = judge(facts, requirements);
  }
  const refusal = refusalOf(engine, image, verdict, options);
  return {
    imageId: 'absent' in image ? '' : image.id,
    image: 'absent' in image ? undefined : inspectionOf(image),
    facts,
    requirements,
    verdict,
    strategy: verdict.status === 'works' ? verdict.strategy : verdict.attempt,
    overridden: refusal === undefined && verdict.status !== 'works' ? verdict.reasons : [],
    refusal,
  };
}

/** @throws the plan's refusal */
export function refuseLaunch({ refusal }: LaunchPlan): void {
  if (refusal !== undefined) throw refusal;
}

/** Gathers what does not depend on the image. */
async function siteFacts(
  engine: Engine,
  options: PlannedOptions,
  site: LaunchSite & { readonly fresh?: boolean },
): Promise<Omit<LaunchFacts, 'image'>> {
  const socketDirectory = resolve(options.socketDirectory ?? temporaryFolder());
  const { ownedFolder = false, ownService = false, fresh = false, signal } = site;
  await site.prepared;
  const needsNetwork = options.network !== undefined && options.network !== 'none';
  const [host, engineFacts, network] = await Promise.all([
    rememberedPrograms({ fresh }).then((found) => hostFactsWith({ socketDirectory, ownedFolder }, found)),
    (fresh ? freshEngineFacts : rememberedEngineFacts)(engine, socketDirectory, { signal }),
    needsNetwork ? gatherNetworkFacts(engine, { signal }) : undefined,
  ]);
  // A launch that has this engine gains nothing from a service of our own that could be started.
  const podmanRuntimes = ownService ? host.podmanRuntimes : known([], 'the launch has this engine');
  return {
    host: { ...host, podmanRuntimes },
    engine: { ...engineFacts, ...(network !== undefined && { network }) },
  };
}

/** Rules that no `override` sets aside. */
const finalRules = new Set(rules.filter(({ isFinal }) => isFinal === true).map(({ id }) => id));

function refusalOf(
  engine: Engine,
  image: ImageFacts | AbsentImage,
  verdict: LaunchVerdict,
  { image: reference, override }: PlannedOptions,
): BulkheadError | undefined {
  if ('absent' in image) return new ImageNotPresentError(reference, `${engine.kind} at ${engine.socketPath}`);
  if (verdict.status === 'works') return undefined;
  const { status, reasons } = verdict;
  const isFinal = reasons.some(({ rule }) => finalRules.has(rule));
  if (override === 'refused' && !isFinal) return undefined;
  if (status === 'refused' || (isFinal && override !== undefined))
    return new LaunchRefusedError(reference, reasons);
  return override === 'unknown' ? undefined : new LaunchUnknownError(reference, reasons);
}
