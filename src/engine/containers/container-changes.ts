import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';

/** A path that differs between a container and its image. */
export interface ContainerChange {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

/** Docker Engine API, `ChangeType`. */
const kinds = ['modified', 'added', 'deleted'] as const;

export const changesSchema = z
  .array(z.object({ Path: z.string(), Kind: z.union([z.literal(0), z.literal(1), z.literal(2)]) }))
  .nullish();

/** See `Containers.changes`. */
export async function containerChanges(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<ContainerChange[]> {
  const { signal } = checkOptions('containers.changes', callOptions, options);
  const name = checkContainerId('containers.changes', id);
  const changes = await client.fetch(changesSchema, {
    doing: `tell the changes of container ${name}`,
    method: 'GET',
    path: `/containers/${name}/changes`,
    signal,
  });
  return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind] }));
}
