import { z } from 'zod';
import { answeredId, textMap, textOrNothing, texts, withDigestPrefix } from '../answer.ts';
import type { Call, EngineClient } from '../client.ts';
import type { ContainerSummary, ListContainersOptions } from './list-containers.ts';

export const listedByPodmanSchema = z.array(
  z.object({
    Id: answeredId,
    Names: texts,
    Image: z.string(),
    ImageID: z.string(),
    Command: texts,
    Created: z.union([z.number(), z.string()]),
    State: z.string(),
    Status: textOrNothing,
    Labels: textMap,
  }),
);

/**
 * Lists containers through Podman's own call, which knows those too that Podman has half made or half removed: a creation
 * that its client gave up, or a removal that was cut off, can leave the record of a container without its storage. With one
 * of them, the Docker-compatible list fails as a whole until somebody removes it (seen with 4.3.1).
 *
 * @param call the Docker-compatible one
 */
export async function listAsPodman(
  client: EngineClient,
  call: Call,
  { all, limit, filters }: ListContainersOptions,
): Promise<ContainerSummary[]> {
  // There, a limit does not include containers that do not run.
  const query = { all: all === true || (limit ?? 0) > 0, limit, filters };
  const containers = await client.fetch(listedByPodmanSchema, { ...call, libpod: true, query });
  return containers.map(({ Id, Names, Image, ImageID, Command, Created, State, Status, Labels }) => ({
    id: Id,
    names: Names,
    image: Image,
    imageId: withDigestPrefix(ImageID),
    command: Command.join(' '),
    createdAt: new Date(
      typeof Created === 'number' ? Created * 1000 : Math.floor(Date.parse(Created) / 1000) * 1000,
    ),
    state: stateInDockersWords[State] ?? State,
    status: Status,
    labels: Labels,
  }));
}

const stateInDockersWords: Readonly<Record<string, string>> = { configured: 'created', stopped: 'exited' };
