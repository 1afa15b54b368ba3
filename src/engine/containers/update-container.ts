import { z } from 'zod';
import { texts } from '../answer.ts';
import { compareVersions } from '../api-version.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { InvalidOptionError } from '../../errors.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import type { RestartPolicy } from './create/create-container.ts';
import { restartPolicyOption } from './create/create-options.ts';
import { refuseUnenforcedLimits } from './limits.ts';
import { podmanResources } from './create/podman-resources.ts';

/** Limits to change, with the names that `create` uses. */
export interface UpdateContainerOptions extends CallOptions {
  readonly memoryBytes?: number | undefined;
  readonly memorySwapBytes?: number | undefined;
  readonly cpuNanos?: number | undefined;
  /** -1 is unlimited. */
  readonly pidsLimit?: number | undefined;
  /** Docker only. */
  readonly restartPolicy?: RestartPolicy | undefined;
}

export interface UpdatedContainer {
  /** What the engine will not do, in its own words. */
  readonly warnings: readonly string[];
}

const schema = optionsOf<UpdateContainerOptions>()({
  memoryBytes: z.int().positive().optional(),
  memorySwapBytes: z.int().min(-1).optional(),
  cpuNanos: z.int().positive().optional(),
  pidsLimit: z.int().min(-1).optional(),
  restartPolicy: restartPolicyOption,
  signal: signalOption,
});

export const updateSchema = z.object({ Warnings: texts });

/** See `Containers.update`. */
export async function updateContainer(
  client: EngineClient,
  id: string,
  options: UpdateContainerOptions,
): Promise<UpdatedContainer> {
  const { signal, ...changes } = checkOptions('containers.update', schema, options);
  const name = checkContainerId('containers.update', id);
  if (Object.values(changes).every((value) => value === undefined)) {
    throw new InvalidOptionError('options', 'containers.update needs something to change');
  }
  refuseUnenforcedLimits(client, changes);
  const call: Call = {
    doing: `update container ${name}`,
    method: 'POST',
    path: `/containers/${name}/update`,
    signal,
  };
  if (client.isPodman) return updateOnPodman(client, call, changes);
  const { Warnings } = await client.fetch(updateSchema, { ...call, json: dockerBody(changes) });
  return { warnings: Warnings };
}

function dockerBody({
  memoryBytes: memory,
  memorySwapBytes,
  cpuNanos,
  pidsLimit,
  restartPolicy,
}: UpdateContainerOptions): object {
  return {
    Memory: memory,
    MemorySwap: memorySwapBytes,
    NanoCpus: cpuNanos,
    PidsLimit: pidsLimit,
    RestartPolicy: restartPolicy && {
      Name: restartPolicy.name,
      MaximumRetryCount: restartPolicy.maximumRetryCount ?? 0,
    },
  };
}

/** Podman's Docker-compatible API has no update before 5.1. */
async function updateOnPodman(
  client: EngineClient,
  call: Call,
  { restartPolicy, ...limits }: UpdateContainerOptions,
): Promise<UpdatedContainer> {
  if (restartPolicy !== undefined)
    client.refuse('changes no restart policy here', 'Create the container with it.');
  if (compareVersions(client.identity.version, '4.3') < 0) client.refuse('changes no limits before 4.3');
  await client.callText({ ...call, libpod: true, json: podmanResources(limits) });
  return { warnings: [] };
}
