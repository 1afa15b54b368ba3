import { InvalidOptionError } from '../../errors.ts';
import { byteStream, type ByteStream } from '../byte-stream.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';

/** See `Images.save`. */
export async function saveImages(
  client: EngineClient,
  references: string | readonly string[],
  options: CallOptions = {},
): Promise<ByteStream> {
  const { signal } = checkOptions('images.save', callOptions, options);
  const names = [references].flat().map((reference) => checkImageReference('images.save', reference));
  if (names.length === 0) throw new InvalidOptionError('references', 'images.save needs at least one image');
  const call: Call = {
    doing: `save ${names.join(', ')}`,
    method: 'GET',
    path: '/images/get',
    query: { names },
    // The engine may put the archive together before it answers.
    lasting: { headersMs: 0, bodyMs: client.transport.limits.bodyMs },
    signal,
  };
  return byteStream(client, call, await client.open(call));
}
