import {
  gatherEngineFacts,
  gatherHostFacts,
  imageFacts,
  judgeLaunch,
  type EngineFacts,
  type LaunchStrategy,
} from '../compatibility/index.ts';
import { NotFoundError, type Engine, type InspectedImage } from '../engine/index.ts';
import { startPlugin, type Plugin, type StartPluginOptions } from '../goplugin/index.ts';
import { createContainerRunner } from './container-runner.ts';
import { ImageNotPresentError, LaunchRefusedError } from './errors.ts';
import type { PluginContainerOptions } from './options.ts';

/** A plugin in a container: what to run, and how to speak with it. */
export interface LaunchOptions
  extends PluginContainerOptions, Omit<StartPluginOptions, 'createRunner' | 'handshake'> {
  /** The magic cookie that the plugin was built with. */
  readonly handshake: StartPluginOptions['handshake'];
}

/** gVisor, as in Vault: the plugin gets a kernel of its own. */
export const defaultRuntime = 'runsc';

/**
 * Launches a plugin in a container of `engine`: look at the image, judge, create, attest, attach, start, handshake,
 * connect. The first failure, exit, time-out or abort ends it, and then nothing is left: no container, no socket
 * directory.
 *
 * @throws ImageNotPresentError, LaunchRefusedError before anything is made; AttestationError before start;
 *   `CONTAINER_START_FAILED`; the errors of `startPlugin`
 * @remarks Abort removes what was made, then rethrows the reason untouched.
 */
export async function launchPlugin(engine: Engine, options: LaunchOptions): Promise<Plugin> {
  const { signal } = options;
  const image = await inspectImage(engine, options.image, signal);
  const strategy = await chooseStrategy(engine, image, options);
  return startPlugin({
    ...options,
    createRunner: (environment, { signal: starting }) =>
      createContainerRunner(
        { engine, imageId: image.id, options, strategy, labels: options.labels ?? {}, environment },
        { signal: starting },
      ),
  });
}

async function inspectImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<InspectedImage> {
  try {
    return await engine.images.inspect(reference, { signal });
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new ImageNotPresentError(reference, `${engine.kind} at ${engine.socketPath}`, { cause });
  }
}

async function chooseStrategy(
  engine: Engine,
  image: InspectedImage,
  options: LaunchOptions,
): Promise<LaunchStrategy> {
  const host = await gatherHostFacts();
  const wishes = { ...options, runtime: options.runtime ?? defaultRuntime };
  let verdict = judgeLaunch(host, await engineFacts(engine), imageFacts(image), wishes);
  if (verdict.status === 'refused') {
    // An engine learns new runtimes when its configuration is read again: ask anew before saying no.
    knownEngines.delete(engine);
    verdict = judgeLaunch(host, await engineFacts(engine), imageFacts(image), wishes);
  }
  if (verdict.status === 'refused') throw new LaunchRefusedError(options.image, verdict.refusals);
  return verdict.strategy;
}

/** Asking an engine about itself takes it longer than creating a container; the answer hardly ever changes. */
const knownEngines = new WeakMap<Engine, Promise<EngineFacts>>();

function engineFacts(engine: Engine): Promise<EngineFacts> {
  let facts = knownEngines.get(engine);
  if (facts === undefined) {
    facts = gatherEngineFacts(engine);
    knownEngines.set(engine, facts);
    facts.catch(() => knownEngines.delete(engine));
  }
  return facts;
}
