import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, countOption, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { hadEnded } from './ended-meanwhile.ts';

export interface RestartContainerOptions extends CallOptions {
  /** Seconds between the stop signal and the kill; 0 kills at once. Default: the container's own, else 10. */
  readonly timeoutSeconds?: number | undefined;
}

const schema = optionsOf<RestartContainerOptions>()({ timeoutSeconds: countOption, signal: signalOption });

/** See `Containers.restart`. */
export async function restartContainer(
  client: EngineClient,
  id: string,
  options: RestartContainerOptions = {},
): Promise<void> {
  const { timeoutSeconds, signal } = checkOptions('containers.restart', schema, options);
  const name = checkContainerId('containers.restart', id);
  const restart = () =>
    client.callText({
      doing: `restart container ${name}`,
      method: 'POST',
      path: `/containers/${name}/restart`,
      query: { t: timeoutSeconds },
      lasting: client.lastingFor(timeoutSeconds),
      signal,
    });
  try {
    await restart();
  } catch (error) {
    if (!(await hadEnded(client, name, error, signal))) throw error;
    await restart(); // there is nothing to be stopped any more
  }
}
