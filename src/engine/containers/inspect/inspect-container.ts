import type { CallOptions } from '../../call-options.ts';
import type { Call, EngineClient } from '../../client.ts';
import { callOptions, checkOptions } from '../../../settings/option-check.ts';
import { checkContainerId } from '../../check-name.ts';
import { retryOnProcessExit } from '../retry-on-process-exit.ts';
import { fromDockerInspect } from './docker-inspect.ts';
import { dockerInspectSchema } from './docker-inspect-schema.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { fromPodmanInspect } from './podman-inspect.ts';
import { podmanInspectSchema } from './podman-inspect-schema.ts';

/** See `Containers.inspect`. */
export async function inspectContainer(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<InspectedContainer> {
  const { signal } = checkOptions('containers.inspect', callOptions, options);
  const name = checkContainerId('containers.inspect', id);
  const call: Call = {
    doing: `inspect container ${name}`,
    method: 'GET',
    path: `/containers/${name}/json`,
    libpod: client.isPodman,
    signal,
  };
  const { body } = await retryOnProcessExit(client, () => client.call(call));
  return client.isPodman
    ? fromPodmanInspect(client.parse(podmanInspectSchema, body, call), body)
    : fromDockerInspect(client.parse(dockerInspectSchema, body, call), body);
}
