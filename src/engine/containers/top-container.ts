import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { notRunning } from './not-running.ts';

/** A process in a container, as the engine's host sees it. */
export interface ContainerProcess {
  /** Process id on the engine's host. */
  readonly pid: number;
  readonly user: string;
  /** Command with its arguments. */
  readonly command: string;
}

export const topSchema = z.object({
  Titles: z.array(z.string()),
  Processes: z
    .array(z.array(z.string()))
    .nullish()
    .transform((rows) => rows ?? []),
});

/** See `Containers.top`. */
export async function topContainer(
  client: EngineClient,
  id: string,
  options: CallOptions = {},
): Promise<ContainerProcess[]> {
  const { signal } = checkOptions('containers.top', callOptions, options);
  const name = checkContainerId('containers.top', id);
  const call: Call = {
    doing: `list the processes of container ${name}`,
    method: 'GET',
    path: `/containers/${name}/top`,
    signal,
    // Docker takes columns of the host's ps. Podman would run ps inside the container for those; for columns in its own
    // words it looks itself.
    ...(client.isPodman
      ? { libpod: true, query: { ps_args: 'hpid,huser,args', stream: false } }
      : { query: { ps_args: '-eo pid,user,args' } }),
  };
  const { body } = await client.call(call);
  if (body === undefined && client.isPodman) throw notRunning(call); // 200 and nothing (seen with 4.3.1)
  const { Processes } = client.parse(topSchema, body, call);
  return Processes.map(([pid = '', user = '', ...command]) => ({
    pid: Number(pid),
    user,
    command: command.join(' '),
  }));
}
