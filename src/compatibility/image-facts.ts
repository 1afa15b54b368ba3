import type { Fact } from './fact.ts';

/** An image, read without running it. */
export interface ImageFacts {
  readonly reference: string;
  readonly id: string;
  readonly os: string;
  /** Architecture as the image's configuration gives it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** User as the image's configuration gives it: empty for root, a name, or numbers such as `65532:65532`. */
  readonly user: string;
  /** Least address space that its program takes, in bytes, where the image states it: see {@link addressSpaceLabel}. */
  readonly addressSpaceBytes?: number | undefined;
  /** The users and groups of the image's own `/etc/passwd` and `/etc/group`. */
  readonly accounts: Fact<ImageAccounts>;
  /** The program that its entrypoint names. */
  readonly program: Fact<ProgramFacts>;
}

/**
 * Label in which an image states how much address space its program takes at least, in bytes. For a program in Go that
 * is known. For others that lock their memory, it tells which low limit on locked memory is sure to prevent that.
 */
export const addressSpaceLabel = 'io.bulkhead.address_space_bytes';

export interface ImageAccounts {
  readonly users: readonly { readonly name: string; readonly uid: number; readonly gid: number }[];
  readonly groups: readonly { readonly name: string; readonly gid: number }[];
}

export interface ProgramFacts {
  /** Path in the image, with links followed. */
  readonly path: string;
  /** Kind of the file. `missing`: the image has no such file. */
  readonly kind: 'elf' | 'script' | 'other' | 'missing';
  readonly sizeBytes: number;
  /** Permission bits, with set-user-id and set-group-id. */
  readonly mode: number;
  /** Architecture that an ELF program is built for: `amd64`, `arm64`. */
  readonly machine?: string | undefined;
  /** The dynamic loader, or the interpreter of a script; absent for a static program. */
  readonly interpreter?: { readonly path: string; readonly present: boolean } | undefined;
  /** Shared libraries that the image does not have anywhere; absent where that could not be determined. */
  readonly missingLibraries?: readonly string[] | undefined;
  /** File capabilities (`security.capability`), without `CAP_`; absent for none. */
  readonly fileCapabilities?:
    { readonly permitted: readonly string[]; readonly effective: boolean } | undefined;
  /** What the Go compiler wrote into it; absent for a program that is not written in Go. */
  readonly go?: GoBuildFacts | undefined;
}

export interface GoBuildFacts {
  /** Such as `go1.24.3`. */
  readonly goVersion: string;
  /** Version of `github.com/hashicorp/go-plugin`; `(devel)` for a local copy; absent when it is not linked in. */
  readonly goPlugin?: string | undefined;
}

/** Takes the place of the facts of an image that the engine does not have. */
export interface AbsentImage {
  readonly reference: string;
  readonly absent: true;
}
