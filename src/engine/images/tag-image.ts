import { InvalidOptionError } from '../../errors.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';
import { splitReference } from './image-reference.ts';
import { encodeReference } from '../transport/query.ts';

/** See `Images.tag`. */
export async function tagImage(
  client: EngineClient,
  reference: string,
  name: string,
  options: CallOptions = {},
): Promise<void> {
  const { signal } = checkOptions('images.tag', callOptions, options);
  const source = checkImageReference('images.tag', reference);
  checkImageReference('images.tag', name);
  if (name.includes('@')) throw new InvalidOptionError('name', 'images.tag takes a name, not a digest');
  const { repository, tag } = splitReference(name);
  await client.callText({
    doing: `tag image ${source} as ${name}`,
    method: 'POST',
    path: `/images/${encodeReference(source)}/tag`,
    query: { repo: repository, tag },
    signal,
  });
}
