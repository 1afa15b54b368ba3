import type { CallOptions } from '../../call-options.ts';
import { checkContainerId } from '../../check-name.ts';
import { clientOf } from '../../client-of.ts';
import type { Engine } from '../../engine.ts';
import { attachOutput, type ContainerAttachment } from './attach-container.ts';

/**
 * Attaches to the output of a container that this process has just created without a terminal, and not started. What
 * `Containers.attach` asks about a container is known of this one.
 *
 * @throws the errors of `Containers.attach`
 */
export function attachCreated(
  engine: Engine,
  id: string,
  { signal }: CallOptions = {},
): Promise<ContainerAttachment> {
  const client = clientOf(engine);
  if (client === undefined) return engine.containers.attach(id, { signal });
  const name = checkContainerId('containers.attach', id);
  const doing = `attach to container ${name}`;
  return attachOutput(client, name, { doing, stdout: true, stderr: true, framed: true, signal });
}
