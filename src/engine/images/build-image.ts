import { z } from 'zod';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { EngineProtocolError } from '../errors.ts';
import { checkOptions, optionsOf, signalOption, text } from '../../settings/option-check.ts';
import type { Progress } from '../progress.ts';
import { readProgress } from '../read-progress.ts';
import { archiveBytes } from './archive-bytes.ts';
import { onProgressOption, type ImageArchive } from './load-images.ts';

export interface BuildImageOptions extends CallOptions {
  /** Names for the image, such as `localhost/web:1`. */
  readonly tags?: readonly string[] | undefined;
  /** Path of the Dockerfile in the context. Default `Dockerfile`. */
  readonly dockerfile?: string | undefined;
  /** Values for `ARG`. They can be read from the image's history, so they must not be secrets. */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Stage to build of a Dockerfile with several stages. */
  readonly target?: string | undefined;
  /** Runs every step anew. Default false. */
  readonly noCache?: boolean | undefined;
  /** Network mode of the steps, such as `none`. */
  readonly network?: string | undefined;
  /** Asks a registry for newer base images. Default false. */
  readonly pull?: boolean | undefined;
  /** Called for each line that the engine reports. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface BuiltImage {
  /** Image id with `sha256:`. */
  readonly id: string;
}

const schema = optionsOf<BuildImageOptions>()({
  tags: z.array(text.min(1)).optional(),
  dockerfile: text.min(1).optional(),
  buildArgs: z.record(text.min(1), text).optional(),
  labels: z.record(text.min(1), text).optional(),
  target: text.optional(),
  noCache: z.boolean().optional(),
  network: text.optional(),
  pull: z.boolean().optional(),
  onProgress: onProgressOption,
  signal: signalOption,
});

/** See `Images.build`. */
export async function buildImage(
  client: EngineClient,
  context: ImageArchive,
  options: BuildImageOptions = {},
): Promise<BuiltImage> {
  const { tags, dockerfile, buildArgs, labels, target, noCache, network, pull, onProgress, signal } =
    checkOptions('images.build', schema, options);
  const call: Call = {
    doing: 'build an image',
    method: 'POST',
    path: '/build',
    query: {
      t: tags,
      dockerfile,
      buildargs: buildArgs,
      labels,
      target,
      nocache: noCache,
      networkmode: network,
      pull,
      rm: true,
      forcerm: true, // otherwise a failed step leaves its container behind
    },
    bytes: await archiveBytes('images.build', context),
    headers: { 'content-type': 'application/x-tar' },
    lasting: { headersMs: 0, bodyMs: 0 }, // a step may be silent for as long as it takes; `signal` is the limit
    signal,
  };
  const { result, messages } = await readProgress(client, call, await client.open(call), onProgress);
  const id = result['ID'] ?? messages.findLast((line) => /^(sha256:)?[0-9a-f]{64}$/.test(line));
  if (typeof id === 'string') return { id: id.startsWith('sha256:') ? id : `sha256:${id}` };
  throw new EngineProtocolError("can't build an image: the engine's answer ended without the id of one", {
    method: 'POST',
    path: '/build',
    socketPath: client.transport.socketPath,
    engineMessage: messages.slice(-3).join(' / '),
  });
}
