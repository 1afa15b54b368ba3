import type { Engine } from '../engine/index.ts';
import { withTexts } from '../error-texts.ts';
import { startPlugin, type Plugin, type StartPluginOptions } from '../goplugin/index.ts';
import { createContainerRunner } from './container-runner.ts';
import { checkLaunchOptions } from './launch-checks.ts';
import { planLaunch, refuseLaunch, type LaunchPlan } from './launch-plan.ts';
import type { PluginContainerOptions } from './options.ts';
import { isTransientStartFailure } from './transient-start-failure.ts';
import { redactor } from './secret-values.ts';

/** A plugin in a container: what to run, and how to speak with it. */
export interface LaunchOptions
  extends PluginContainerOptions, Omit<StartPluginOptions, 'createRunner' | 'handshake'> {
  /** The magic cookie that the plugin was built with. */
  readonly handshake: StartPluginOptions['handshake'];
}

/**
 * Launches a plugin in a container of `engine`: look at host, engine and image, judge, create, attest, attach, start,
 * handshake, connect. The first failure, exit, time-out or abort ends it, and then nothing is left: no container, no
 * socket directory.
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
 * Launches as planned, whatever the verdict was.
 *
 * @param options those of the plan, apart from labels and the folder for sockets
 */
export async function executeLaunch(
  engine: Engine,
  { imageId, strategy }: Pick<LaunchPlan, 'imageId' | 'strategy'>,
  options: LaunchOptions,
): Promise<Plugin> {
  const redact = redactor(options);
  const { handshake, protocolVersions, autoMtls, brokerMultiplex, maxMessageBytes } = options;
  const { startTimeoutMs, signal, onLog, onOutput } = options;
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
      createRunner: (environment, { signal: starting }) =>
        createContainerRunner(
          { engine, imageId, options, strategy, labels: {}, environment },
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

/** Of a launch that fails for a reason that passes; nothing of the failed one is left by then. */
const mostTries = 4;
