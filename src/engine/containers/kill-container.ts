import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { whileItRuns } from './ended-meanwhile.ts';
import { signalNumber } from './signal-number.ts';

export interface KillContainerOptions extends CallOptions {
  /** Name such as `SIGTERM`. Default `SIGKILL`. */
  readonly killSignal?: string | undefined;
}

const schema = optionsOf<KillContainerOptions>()({
  killSignal: z.string().optional(),
  signal: signalOption,
});

/** See `Containers.kill`. */
export async function killContainer(
  client: EngineClient,
  id: string,
  options: KillContainerOptions = {},
): Promise<void> {
  const { killSignal = 'SIGKILL', signal } = checkOptions('containers.kill', schema, options);
  const name = checkContainerId('containers.kill', id);
  // Sent as a number, because the engines know different names, and Podman answers 500 to a wrong one.
  const number = signalNumber('killSignal', killSignal);
  await whileItRuns(client, name, signal, () =>
    client.callText({
      doing: `kill container ${name}`,
      method: 'POST',
      path: `/containers/${name}/kill`,
      query: { signal: number },
      signal,
    }),
  );
}
