import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';

export interface StartedContainer {
  /** True when the container was running before. */
  readonly alreadyStarted: boolean;
}

const notModified = 304;

/** See `Containers.start`. */
export async function startContainer(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<StartedContainer> {
  const { signal } = checkOptions('containers.start', callOptions, options);
  const name = checkContainerId('containers.start', id);
  const { status } = await client.callText({
    doing: `start container ${name}`,
    method: 'POST',
    path: `/containers/${name}/start`,
    accept: [notModified],
    lasting: { headersMs: client.transport.limits.headersMs, bodyMs: client.transport.limits.bodyMs },
    signal,
  });
  return { alreadyStarted: status === notModified };
}
