import { InvalidOptionError } from '../../errors.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import { containerNamePattern } from './create/create-options.ts';

/** See `Containers.rename`. */
export async function renameContainer(
  client: EngineClient,
  id: string,
  newName: string,
  options: CallOptions = {},
): Promise<void> {
  const { signal } = checkOptions('containers.rename', callOptions, options);
  const name = checkContainerId('containers.rename', id);
  if (typeof newName !== 'string' || !containerNamePattern.test(newName)) {
    throw new InvalidOptionError('newName', 'must be two or more letters, digits, "_", "." or "-"');
  }
  await client.callText({
    doing: `rename container ${name} to ${newName}`,
    method: 'POST',
    path: `/containers/${name}/rename`,
    query: { name: newName },
    signal,
    hints: { ENGINE_CONFLICT: 'Choose another name, or remove the container that has it.' },
  });
}
