import { z } from 'zod';
import { answeredId, textMap, textOrNothing, texts, withDigestPrefix } from '../answer.ts';
import type { CallOptions, Filters } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { EngineOperationError } from '../errors.ts';
import { listAsPodman } from './list-as-podman.ts';
import {
  checkOptions,
  countOption,
  filtersOption,
  optionsOf,
  signalOption,
} from '../../settings/option-check.ts';

export interface ListContainersOptions extends CallOptions {
  /** Includes containers that do not run. Default false. */
  readonly all?: boolean | undefined;
  /** Lists only so many of the newest containers, running or not. */
  readonly limit?: number | undefined;
  /** Filters such as `{ label: ['key=value'], status: ['exited'] }`. */
  readonly filters?: Filters | undefined;
}

export interface ContainerSummary {
  readonly id: string;
  /** Names without leading slashes. */
  readonly names: readonly string[];
  readonly image: string;
  readonly imageId: string;
  /** Entrypoint and arguments in one text, for people. */
  readonly command: string;
  readonly createdAt: Date;
  /** As in `inspect`: `created`, `running`, `exited`, ... */
  readonly state: string;
  /** Status in words, for people: `Up 5 minutes`. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
}

const schema = optionsOf<ListContainersOptions>()({
  all: z.boolean().optional(),
  limit: countOption,
  filters: filtersOption,
  signal: signalOption,
});

export const listContainersSchema = z.array(
  z.object({
    Id: answeredId,
    Names: texts,
    Image: z.string(),
    ImageID: z.string(),
    Command: textOrNothing,
    Created: z.number(),
    State: z.string(),
    Status: textOrNothing,
    Labels: textMap,
  }),
);

/** See `Containers.list`. */
export async function listContainers(
  client: EngineClient,
  options: ListContainersOptions = {},
): Promise<ContainerSummary[]> {
  const { all, limit, filters, signal } = checkOptions('containers.list', schema, options);
  const call: Call = {
    doing: 'list containers',
    method: 'GET',
    path: '/containers/json',
    query: { all, limit, filters },
    signal,
  };
  try {
    return fromDockerList(await client.fetch(listContainersSchema, call));
  } catch (error) {
    if (!client.isPodman || !(error instanceof EngineOperationError)) throw error;
    return listAsPodman(client, call, { all, limit, filters });
  }
}

function fromDockerList(containers: z.infer<typeof listContainersSchema>): ContainerSummary[] {
  return containers.map((container) => ({
    id: container.Id,
    names: container.Names.map((name) => name.replace(/^\//, '')),
    image: container.Image,
    imageId: withDigestPrefix(container.ImageID),
    command: container.Command,
    createdAt: new Date(container.Created * 1000),
    state: container.State,
    status: container.Status,
    labels: container.Labels,
  }));
}
