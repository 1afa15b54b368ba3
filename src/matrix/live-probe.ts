import { randomUUID } from 'node:crypto';
import type { CellFilter, MatrixResult } from '../compatibility/index.ts';
import { NotFoundError, type Engine } from '../engine/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { loadImage, type PackedImage } from '../packing/index.ts';
import { labelsFor, probeRepository, removeWhenMade } from '../container/index.ts';
import { exerciseProbe } from './probe/exercise.ts';
import { packProbe } from './probe/image.ts';
import { probeHandshake } from './probe/services.ts';
import { checkProbeMatrixOptions } from './matrix-options.ts';
import { launchMatrix, type LiveMatrixOptions, type MatrixLaunch } from './live.ts';
import type { MissingImage } from './plan-cells.ts';
import { leftoverWords } from './leftovers.ts';

export interface LiveProbeMatrixOptions extends Omit<
  LiveMatrixOptions,
  'image' | 'imageOf' | 'launch' | 'exercise'
> {
  /** How the probe is launched. The images get the labels too. */
  readonly launch?: Omit<MatrixLaunch, 'handshake' | 'protocolVersions' | 'args'> | undefined;
  /** Time limit for handing an image to one engine, in milliseconds. Default 120000. */
  readonly loadTimeoutMs?: number | undefined;
}

/**
 * Runs a live matrix without a plugin of the caller's: with a probe that is made for it and given to every engine while
 * the matrix runs. In every cell the probe is called, logs, prints, calls back through the broker, says that it serves,
 * locks its memory where the cell says so, and ends when it is asked to.
 *
 * @throws the errors of `liveMatrix` and `packNodePlugin`; that of `engine.images.load` when no engine takes the image
 * @remarks Abort ends every launch, and removes containers and images.
 */
export async function liveProbeMatrix(options: LiveProbeMatrixOptions): Promise<MatrixResult> {
  checkProbeMatrixOptions(options);
  const { loadTimeoutMs: _load, ...matrix } = options;
  const { engines, launch, filter, signal } = options;
  if (engines.length === 0)
    throw new InvalidOptionError('engines', 'is empty: there is no engine to launch on');
  // Each matrix has a name of its own. Otherwise, of two at the same time, the first to finish would remove the other's
  // images.
  const name = `${probeRepository}${randomUUID().slice(0, 8)}`;
  const labels = labelsFor(launch?.labels, name);
  const plain = asks(filter, false)
    ? await packProbe({ tag: `${name}:plain`, locking: false, labels, signal })
    : undefined;
  const locking = asks(filter, true)
    ? await packProbe({ tag: `${name}:locking`, locking: true, labels, signal })
    : undefined;
  const images = [plain, locking].filter((image) => image !== undefined);
  const missing: MissingImage[] = [];
  const run = async () => {
    await loadOnAll(engines, images, missing, options);
    const image = (plain ?? locking)?.tag ?? '';
    const failures = missing.filter((each) => each.image === image);
    if (failures.length === engines.length) throw failures[0]?.error;
    return launchMatrix(
      {
        ...matrix,
        image,
        imageOf: ({ mlock }) => (mlock ? locking : plain)?.tag,
        launch: { ...launch, handshake: probeHandshake, protocolVersions: [1] },
        exercise: exerciseProbe,
      },
      missing,
    );
  };
  const result = await run()
    .catch(async (error: unknown) => {
      await removeImages(engines, images); // the first error is the reason to report
      throw error;
    })
    // Not sooner: engines may share their images.
    .finally(() => {
      for (const { engine, image } of missing) removeWhenMade(engine, { kind: 'image', name: image });
    });
  const leftovers = [...(result.leftovers ?? []), ...(await removeImages(engines, images))];
  return { ...result, ...(leftovers.length > 0 && { leftovers }) };
}

/** Gives every engine the images, and notes in `missing` those that it does not take. */
async function loadOnAll(
  engines: readonly Engine[],
  images: readonly PackedImage[],
  missing: MissingImage[],
  options: LiveProbeMatrixOptions,
): Promise<void> {
  for (const engine of engines) {
    for (const image of images) {
      await loadWhole(engine, image, options).catch((error: unknown) => {
        if (error !== options.signal?.reason) missing.push({ engine, image: image.tag, error });
        options.signal?.throwIfAborted();
      });
    }
  }
}

/**
 * Loads an image to the end even after an abort: a transfer that is cut off may still become an image after the
 * clean-up.
 */
async function loadWhole(
  engine: Engine,
  image: PackedImage,
  { signal, loadTimeoutMs: loadMs = defaultLoadMs }: LiveProbeMatrixOptions,
): Promise<void> {
  signal?.throwIfAborted();
  await loadImage(engine, image, { signal: AbortSignal.timeout(loadMs) });
  signal?.throwIfAborted();
}

const defaultLoadMs = 120_000;

function asks({ mlock }: CellFilter = {}, value: boolean): boolean {
  return mlock?.includes(value) !== false;
}

const removeMs = 30_000;

/** Tries to remove all images. @returns a sentence for each that an engine did not remove */
async function removeImages(engines: readonly Engine[], images: readonly PackedImage[]): Promise<string[]> {
  const failures: string[] = [];
  for (const engine of engines) {
    for (const { tag } of images) {
      await engine.images.remove(tag, { signal: AbortSignal.timeout(removeMs) }).catch((error: unknown) => {
        // Engines may share their images.
        if (!(error instanceof NotFoundError)) failures.push(leftoverWords(engine, error));
      });
    }
  }
  return failures;
}
