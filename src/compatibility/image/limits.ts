import { longestInspection } from '../../engine/internal.ts';
import { programLimits, type ReadLimit } from '../../program/limits.ts';

/**
 * Limits on how much of an image is read. Whoever made the image may want to bring this process down, so everything
 * that an image can make large has a limit here. What exceeds a limit is unknown, and the reason names the limit.
 */
export const imageLimits = {
  ...programLimits,
  configBytes: {
    most: longestInspection,
    why: "An image's configuration has some kilobytes; registries and other tools refuse more than 4 MiB.",
  },
  layers: {
    most: 1024,
    why: 'Docker starts no container of more than 127 layers, Podman of more than 500.',
  },
  archiveEntries: {
    most: 16_384,
    why: 'An archive has a few entries for each layer.',
  },
  entries: {
    most: 2_000_000,
    why: 'The largest images have some hundred thousand files, and a layer can have each of them again.',
  },
  files: {
    most: 1_000_000,
    why: 'All paths are remembered until the program and its libraries are found, at some 200 bytes each.',
  },
  nameBytes: {
    most: 128 << 20,
    why: 'A million paths of 128 bytes each; the names of the largest images take some 30 MiB.',
  },
  pathBytes: {
    most: 4096,
    why: 'Linux opens no longer path (PATH_MAX).',
  },
  extensionBytes: {
    most: 1 << 20,
    why: 'A PAX header or a long name of GNU tar has some hundred bytes; Go, in which engines are written, also ends at 1 MiB.',
  },
  extensionHeaders: {
    most: 16,
    why: 'Writers put at most three headers before a file.',
  },
  textBytes: {
    most: 1 << 20,
    why: 'A list of accounts, and the manifest of an archive, have some kilobytes.',
  },
  unpackedBytes: {
    most: 64 * 2 ** 30,
    why: 'The largest images, with models and drivers for graphics cards, unpack to some 30 GiB.',
  },
  freeUnpackedBytes: {
    most: 4 * 2 ** 30,
    why: 'As much may come out of a packed layer whatever it was packed into; it takes some seconds.',
  },
  unpackedRatio: {
    most: 200,
    why: 'What is beyond those 4 GiB has to be honest content, which packs to a tenth or a third, not zeros.',
  },
  volumes: {
    most: 64,
    why: 'Images name a handful of volumes, and each of them becomes a file system in memory.',
  },
  startedPrograms: {
    most: 16,
    why: 'The arguments of a wrapper name one program; more words of them are not looked up.',
  },
  zstdWindowBytes: {
    most: 128 << 20,
    why: 'Node.js unpacks no zstd with a larger window; writers of images use 8 MiB at most.',
  },
  programs: {
    most: 1024,
    why: "Files that have the entrypoint's name are looked into as they pass by; images have a handful of them.",
  },
  searchSteps: {
    most: 200_000,
    why: 'Finding the program takes a step for each part of a path and each link on it, a few hundred in all.',
  },
  searchPathBytes: {
    most: 128 << 10,
    why: 'Linux hands no longer text to a program (MAX_ARG_STRLEN), and so no longer PATH.',
  },
  rememberedImages: {
    most: 256,
    why: 'A process that checks more images than that reads the earliest ones again.',
  },
} as const satisfies Record<string, ReadLimit>;

export type ImageLimitName = keyof typeof imageLimits;

/** An image exceeds a limit, which the message names. */
export class ImageLimitError extends SyntaxError {}

export function checkImageLimit(name: ImageLimitName, value: number, what: string): void {
  const { most } = imageLimits[name];
  if (value > most) throw new ImageLimitError(`${what}: at most ${most} are read (${name})`);
}
