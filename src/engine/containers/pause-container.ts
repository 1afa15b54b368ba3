import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';

/** See `Containers.pause` and `Containers.unpause`. */
export async function pauseContainer(
  client: EngineClient,
  action: 'pause' | 'unpause',
  id: string,
  options: CallOptions = {},
): Promise<void> {
  const { signal } = checkOptions(`containers.${action}`, callOptions, options);
  const name = checkContainerId(`containers.${action}`, id);
  await client.callText({
    doing: `${action} container ${name}`,
    method: 'POST',
    path: `/containers/${name}/${action}`,
    signal,
  });
}
