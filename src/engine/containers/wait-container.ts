import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import type { ContainerExit } from './container-exit.ts';
import { waitOnPodman } from './wait-on-podman.ts';

export interface WaitContainerOptions extends CallOptions {
  /**
   * `not-running` (default): the container has ended, or never ran. `next-exit`: it ends the next time; ask before the
   * start. `removed`: it is gone.
   */
  readonly condition?: 'not-running' | 'next-exit' | 'removed' | undefined;
}

const schema = optionsOf<WaitContainerOptions>()({
  condition: z.enum(['not-running', 'next-exit', 'removed']).optional(),
  signal: signalOption,
});

export const waitSchema = z.object({
  StatusCode: z.number(),
  Error: z.object({ Message: z.string().optional() }).nullish(),
});

/** See `Containers.wait`. */
export async function waitContainer(
  client: EngineClient,
  id: string,
  options: WaitContainerOptions = {},
): Promise<ContainerExit> {
  const { condition = 'not-running', signal } = checkOptions('containers.wait', schema, options);
  const name = checkContainerId('containers.wait', id);
  if (client.isPodman) return waitOnPodman(client, name, condition, signal);
  const { StatusCode, Error } = await client.fetch(waitSchema, {
    doing: `wait for container ${name}`,
    method: 'POST',
    path: `/containers/${name}/wait`,
    query: { condition },
    lasting: { headersMs: 0, bodyMs: 0 },
    signal,
  });
  return { exitCode: StatusCode, ...(Error?.Message && { error: Error.Message }) };
}
