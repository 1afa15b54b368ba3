import { z } from 'zod';
import { answeredId, flag, time } from '../answer.ts';
import type { EngineClient } from '../client.ts';
import { retryOnProcessExit } from './retry-on-process-exit.ts';

export const probeSchema = z.object({
  Id: answeredId,
  State: z.object({ Status: z.string(), StartedAt: time }),
  Config: z.object({ Tty: flag, OpenStdin: flag }),
  HostConfig: z.object({ LogConfig: z.object({ Type: z.string() }) }),
});

export interface ContainerProbe {
  readonly id: string;
  readonly status: string;
  readonly startedAt: Date | undefined;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly logDriver: string;
}

/**
 * Asks for what decides how an output stream has to be read. The content type of the stream does not tell: engines send
 * the one for terminals with every stream.
 */
export async function probeContainer(
  client: EngineClient,
  id: string,
  options: { doing: string; signal: AbortSignal | undefined },
): Promise<ContainerProbe> {
  const answer = await retryOnProcessExit(client, () =>
    client.fetch(probeSchema, { method: 'GET', path: `/containers/${id}/json`, ...options }),
  );
  return {
    id: answer.Id,
    status: answer.State.Status,
    startedAt: answer.State.StartedAt,
    tty: answer.Config.Tty,
    openStdin: answer.Config.OpenStdin,
    logDriver: answer.HostConfig.LogConfig.Type,
  };
}
