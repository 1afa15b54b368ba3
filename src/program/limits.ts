/**
 * Limits on how much of a program is read. A program beyond one is refused with the limit's name, because a file can
 * claim any number.
 */
export const programLimits = {
  programHeaderBytes: {
    most: 65_536,
    why: 'Linux starts no program whose table of segments is larger.',
  },
  dynamicBytes: {
    most: 1 << 20,
    why: 'The dynamic section of the largest programs has a few kilobytes.',
  },
  libraries: {
    most: 4096,
    why: 'The largest programs name some hundred libraries.',
  },
  libraryNameBytes: {
    most: 1 << 16,
    why: 'The names of those libraries, and the folders to look for them in, take some kilobytes together.',
  },
  goBuildInfoBytes: {
    most: 512 * 1024,
    why: 'The list of modules of the largest Go programs has some 100 KiB.',
  },
  goBuildInfoPlaces: {
    most: 4096,
    why: "A program has Go's magic text once, and a few times more if it can read the build info of others.",
  },
} as const satisfies Record<string, ReadLimit>;

/** A limit on what is read, and the reason why no honest program reaches it. */
export interface ReadLimit {
  readonly most: number;
  readonly why: string;
}
