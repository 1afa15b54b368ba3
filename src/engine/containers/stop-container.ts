import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, countOption, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { hadEnded } from './ended-meanwhile.ts';

export interface StopContainerOptions extends CallOptions {
  /** Seconds between the stop signal and the kill; 0 kills at once. Default: the container's own, else 10. */
  readonly timeoutSeconds?: number | undefined;
}

export interface StoppedContainer {
  /** True when the container was not running before. Podman reports false for one that never ran. */
  readonly alreadyStopped: boolean;
}

const schema = optionsOf<StopContainerOptions>()({ timeoutSeconds: countOption, signal: signalOption });
const notModified = 304;

/** See `Containers.stop`. */
export async function stopContainer(
  client: EngineClient,
  id: string,
  options: StopContainerOptions = {},
): Promise<StoppedContainer> {
  const { timeoutSeconds, signal } = checkOptions('containers.stop', schema, options);
  const name = checkContainerId('containers.stop', id);
  try {
    const { status } = await client.callText({
      doing: `stop container ${name}`,
      method: 'POST',
      path: `/containers/${name}/stop`,
      query: { t: timeoutSeconds },
      accept: [notModified],
      lasting: client.lastingFor(timeoutSeconds),
      signal,
    });
    return { alreadyStopped: status === notModified };
  } catch (error) {
    if (await hadEnded(client, name, error, signal)) return { alreadyStopped: true };
    throw error;
  }
}
