import { InvalidOptionError } from '../../errors.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkImageReference, checkOptions } from '../option-check.ts';
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
  const { repo, tag } = splitName(name);
  await client.callText({
    doing: `tag image ${source} as ${name}`,
    method: 'POST',
    path: `/images/${encodeReference(source)}/tag`,
    query: { repo, tag },
    signal,
  });
}

/** The tag stands behind the last colon, unless that belongs to a registry's port. */
function splitName(name: string): { repo: string; tag: string } {
  checkImageReference('images.tag', name);
  if (name.includes('@'))
    throw new InvalidOptionError('name', "images.tag gives names; a digest can't be given");
  const [, repo = name, tag = 'latest'] = /^(.+):([^:/]+)$/.exec(name) ?? [];
  return { repo, tag };
}
