import type { Engine } from '../engine/index.ts';
import { withTexts } from '../error-texts.ts';
import { startPlugin, type Plugin, type StartPluginOptions } from '../goplugin/index.ts';
import { createContainerRunner } from './container-runner.ts';
import { checkLaunchOptions } from './launch-checks.ts';
import { planLaunch, refuseLaunch, type LaunchPlan } from './launch-plan.ts';
import type { PluginContainerOptions } from './options.ts';
import { isTransientStartFailure } from './transient-start-failure.ts';
import { redactor } from './secret-values.ts';

/** A plugin in a container: what to run, and how to talk to it. */
export interface LaunchOptions
  extends PluginContainerOptions, Omit<StartPluginOptions, 'createRunner' | 'handshake'> {
  /** The magic cookie that the plugin was built with. */
  readonly handshake: StartPluginOptions['handshake'];
}

/**
 * Launches a plugin in a container of `engine`: gathers facts about host, engine and image, judges them, creates the
 * container, attests, attaches, starts, waits for the handshake, and connects. The first failure, exit, time-out or
 * abort ends the launch, and then nothing is left: no container, no socket directory.
 *
 * @throws ImageNotPresentError, LaunchRefusedError, LaunchUnknownError before anything is made; AttestationError before
 *   start; `CONTAINER_START_FAILED`, `GVISOR_NOT_PROVED`; the errors of `startPlugin`
 * @remarks Abort removes what was made, then rethrows the reason untouched.
 */
export async function launchPlugin(engine: Engine, options: LaunchOptions): Promise<Plugin> {
  checkLaunchOptions('launchPlugin', options);
  const plan = await planLaunch(engine, options, { signal: options.signal });
  refuseLaunch(plan);
  return executeLaunch(engine, plan, options);
}

/**
 * Launches the plugin as planned, whatever the verdict was.
 *
 * @param options the options of the plan; only labels and the folder for sockets may differ
 */
export async function executeLaunch(
  engine: Engine,
  { imageId, image, strategy }: Pick<LaunchPlan, 'imageId' | 'image' | 'strategy'>,
  options: LaunchOptions,
): Promise<Plugin> {
  const redact = redactor(options);
  const { handshake, protocolVersions, autoMtls, maxMessageBytes } = options;
  const brokerMultiplex = options.brokerMultiplex ?? strategy.brokerMultiplex;
  const { startTimeoutMs, signal, onLog, onOutput, onOutputGap } = options;
  const launch = () =>
    startPlugin({
      handshake,
      protocolVersions,
      autoMtls,
      brokerMultiplex,
      maxMessageBytes,
      startTimeoutMs,
      signal,
      onLog,
      onOutput,
      onOutputGap,
      createRunner: (environment, { signal: starting }) =>
        createContainerRunner(
          { engine, imageId, image, options, strategy, labels: {}, environment },
          { signal: starting },
        ),
    });
  for (let tries = 1; ; tries += 1) {
    try {
      return await launch();
    } catch (error) {
      // The reason of an abort is the caller's own, and is passed on as it is.
      if (options.signal?.aborted === true && error === options.signal.reason) throw error;
      if (tries === mostTries || !isTransientStartFailure(error)) throw withTexts(error, redact);
    }
  }
}

/**
 * How often a launch with a transient failure is tried. Nothing of the failed launch is left when the next one begins.
 */
const mostTries = 4;
