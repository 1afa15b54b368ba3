import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { checkOptions, optionsOf, platformOption, signalOption, text } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';
import type { Progress } from '../progress.ts';
import { readProgress } from '../read-progress.ts';
import { inspectImage } from './inspect-image.ts';
import { splitReference } from './image-reference.ts';
import { onProgressOption } from './load-images.ts';

/** Credentials for a registry. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  /** Such as `registry.example.com`. */
  readonly serverAddress?: string | undefined;
}

export interface PullImageOptions extends CallOptions {
  /** `os/architecture`. Default: the engine's own. */
  readonly platform?: string | undefined;
  /** The credentials never appear in an error. */
  readonly credentials?: RegistryCredentials | undefined;
  /** Called for each step that the engine reports. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface PulledImage {
  /** Image id with `sha256:`. */
  readonly id: string;
}

const schema = optionsOf<PullImageOptions>()({
  platform: platformOption,
  credentials: optionsOf<RegistryCredentials>()({
    username: text,
    password: text,
    serverAddress: text.optional(),
  }).optional(),
  onProgress: onProgressOption,
  signal: signalOption,
});

/** See `Images.pull`. */
export async function pullImage(
  client: EngineClient,
  reference: string,
  options: PullImageOptions = {},
): Promise<PulledImage> {
  const { platform, credentials, onProgress, signal } = checkOptions('images.pull', schema, options);
  const name = checkImageReference('images.pull', reference);
  if (platform !== undefined) client.requireApiVersion('1.32', 'platform');
  const { repository, tag } = splitReference(name);
  const call: Call = {
    doing: `pull ${name}`,
    method: 'POST',
    path: '/images/create',
    query: { fromImage: repository, tag, platform },
    headers: { ...(credentials && { 'x-registry-auth': encodeCredentials(credentials) }) },
    lasting: { headersMs: 0, bodyMs: 0 }, // a registry may be slow; `signal` is the limit
    signal,
  };
  await readProgress(client, call, await client.open(call), onProgress);
  return { id: (await inspectImage(client, name, { signal })).id };
}

/**
 * Encodes the credentials as base64 for URLs, of the JSON that Docker's API describes under "Authentication". Podman
 * requires the padding.
 */
function encodeCredentials({ username, password, serverAddress }: RegistryCredentials): string {
  const base64 = Buffer.from(JSON.stringify({ username, password, serveraddress: serverAddress })).toString(
    'base64',
  );
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
