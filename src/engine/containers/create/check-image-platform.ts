import type { EngineClient } from '../../client.ts';
import { NotFoundError } from '../../errors.ts';
import { inspectImage } from '../../images/inspect-image.ts';
import type { CreateContainerOptions } from './create-container.ts';

/**
 * Compares the wanted platform with the image's. Docker does this itself; Podman uses the image for whatever platform
 * it is.
 *
 * @throws NotFoundError when the image is for another platform, as Docker answers
 */
export async function checkImagePlatform(
  client: EngineClient,
  options: CreateContainerOptions,
): Promise<void> {
  const { image, platform, signal } = options;
  if (platform === undefined) return;
  const { os, architecture } = await inspectImage(client, image, { signal });
  const [wantedOs, wantedArchitecture] = platform.split('/');
  if (os === wantedOs && architecture === wantedArchitecture) return;
  throw new NotFoundError(
    `can't create a container from ${image}: it is for ${os}/${architecture}, not for ${platform}`,
    { socketPath: client.transport.socketPath },
  );
}
