import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { errorFromAnswer } from '../error-from-answer.ts';
import { NotFoundError } from '../errors.ts';
import { checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { hadEnded } from './ended-meanwhile.ts';

export interface RemoveContainerOptions extends CallOptions {
  /** Kills the container first when it runs. Default false. */
  readonly force?: boolean | undefined;
  /** Removes its anonymous volumes too. Default false. */
  readonly volumes?: boolean | undefined;
}

const schema = optionsOf<RemoveContainerOptions>()({
  force: z.boolean().optional(),
  volumes: z.boolean().optional(),
  signal: signalOption,
});

/** See `Containers.remove`. */
export async function removeContainer(
  client: EngineClient,
  id: string,
  options: RemoveContainerOptions = {},
): Promise<void> {
  const { force = false, volumes = false, signal } = checkOptions('containers.remove', schema, options);
  const name = checkContainerId('containers.remove', id);
  const call: Call = {
    doing: `remove container ${name}`,
    method: 'DELETE',
    path: `/containers/${name}`,
    query: { force, v: volumes },
    lasting: { headersMs: client.transport.limits.headersMs, bodyMs: client.transport.limits.bodyMs },
    signal,
    hints: { ENGINE_CONFLICT: 'Stop it first, or pass force.' },
  };
  const remove = async () => {
    if (client.isPodman) await removeFromPodman(client, call, { force, volumes });
    else await client.callText(call);
  };
  try {
    await remove();
  } catch (error) {
    if (!force || !(await isThereAndEnded(client, name, error, signal))) throw error;
    await remove(); // there is nothing to be killed any more
  }
}

/** A container that is gone is no reason for another request: the engine has removed it, and failed after that. */
async function isThereAndEnded(...parts: Parameters<typeof hadEnded>): Promise<boolean> {
  try {
    return await hadEnded(...parts);
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

export const removedFromPodmanSchema = z
  .array(z.object({ Id: z.string(), Err: z.unknown().optional() }))
  .nullish();

/**
 * Removes through Podman's own call, which takes a time limit for the kill and reports a failure inside an answer of
 * 200. It ignores Docker's name for the volumes there, although its documentation has that name.
 */
async function removeFromPodman(
  client: EngineClient,
  call: Call,
  { force, volumes }: { readonly force: boolean; readonly volumes: boolean },
): Promise<void> {
  const query = { ...call.query, volumes, ...(force && { timeout: 0 }) };
  const { body, status } = await client.call({ ...call, libpod: true, query });
  const removed = body === undefined ? [] : client.parse(removedFromPodmanSchema, body, call, status);
  const failed = removed?.find(({ Err }) => Err !== undefined && Err !== null && Err !== '');
  if (failed === undefined) return;
  const text = typeof failed.Err === 'string' ? failed.Err : JSON.stringify(failed.Err);
  throw errorFromAnswer(500, text, { ...call, socketPath: client.transport.socketPath });
}
