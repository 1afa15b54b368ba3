import { z } from 'zod';
import {
  answeredId,
  numberOrZero,
  textMap,
  textOrNothing,
  texts,
  time,
  withDigestPrefix,
} from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { checkImageReference } from '../check-name.ts';
import { EngineOperationError } from '../errors.ts';
import { encodeReference } from '../transport/query.ts';

export interface InspectedImage {
  /** `sha256:` and 64 hexadecimal digits. With Docker's containerd store it is the digest of the manifest, not of the configuration. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly createdAt?: Date | undefined;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly os: string;
  readonly sizeBytes: number;
  readonly config: {
    readonly user: string;
    readonly env: readonly string[];
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workingDirectory: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly stopSignal?: string | undefined;
    /** Such as `80/tcp`. */
    readonly exposedPorts: readonly string[];
    readonly volumes: readonly string[];
  };
  /** Digests of the uncompressed layers, lowest first: the same on every engine that has the image. */
  readonly layers: readonly string[];
  /** The engine's whole answer, unchecked. */
  readonly raw: unknown;
}

const keys = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((map) => Object.keys(map ?? {}));

export const inspectImageSchema = z.object({
  Id: answeredId,
  RepoTags: texts,
  RepoDigests: texts,
  Created: time,
  Architecture: z.string(),
  Variant: textOrNothing,
  Os: z.string(),
  Size: numberOrZero,
  Config: z
    .object({
      User: textOrNothing,
      Env: texts,
      Entrypoint: texts,
      Cmd: texts,
      WorkingDir: textOrNothing,
      Labels: textMap,
      StopSignal: textOrNothing,
      ExposedPorts: keys,
      Volumes: keys,
    })
    .nullish(),
  RootFS: z.object({ Layers: texts }),
});

/**
 * Limit on an image's configuration, which is written by whoever made the image; registries and other tools refuse more
 * than 4 MiB.
 */
export const longestInspection = 8 << 20;

/** See `Images.inspect`. */
export async function inspectImage(
  client: EngineClient,
  reference: string,
  options: CallOptions = {},
): Promise<InspectedImage> {
  const { signal } = checkOptions('images.inspect', callOptions, options);
  const name = checkImageReference('images.inspect', reference);
  const call: Call = {
    doing: `inspect image ${name}`,
    method: 'GET',
    path: `/images/${encodeReference(name)}/json`,
    longestAnswer: longestInspection,
    signal,
    hints: { ENGINE_NOT_FOUND: 'Load or build the image first; nothing is ever pulled unless asked for.' },
  };
  const { body } = await client.call(call).catch(async (error: unknown) => {
    // Podman's Docker-compatible answer fails where an image exposes what is no port. Its own tells of such an image.
    if (!client.isPodman || !(error instanceof EngineOperationError)) throw error;
    return await client.call({ ...call, libpod: true }).catch(() => {
      throw error;
    });
  });
  return toInspectedImage(client.parse(inspectImageSchema, body, call), body);
}

function toInspectedImage(image: z.infer<typeof inspectImageSchema>, raw: unknown): InspectedImage {
  const { Config: config } = image;
  return {
    id: withDigestPrefix(image.Id),
    tags: image.RepoTags,
    digests: image.RepoDigests,
    createdAt: image.Created,
    architecture: image.Architecture,
    ...(image.Variant && { variant: image.Variant }),
    os: image.Os,
    sizeBytes: image.Size,
    config: {
      user: config?.User ?? '',
      env: config?.Env ?? [],
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
      workingDirectory: config?.WorkingDir ?? '',
      labels: config?.Labels ?? {},
      ...(config?.StopSignal && { stopSignal: config.StopSignal }),
      exposedPorts: config?.ExposedPorts ?? [],
      volumes: config?.Volumes ?? [],
    },
    layers: image.RootFS.Layers,
    raw,
  };
}
