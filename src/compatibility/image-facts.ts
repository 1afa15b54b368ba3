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
  /** What its configuration makes an engine add to a container. Absent: nothing. */
  readonly settings?: ImageSettings | undefined;
  /** What the image has where its volumes and its working directory are. Absent: it names none. */
  readonly places?: Fact<readonly ImagePlace[]> | undefined;
  /**
   * Names of the annotations of its manifest, which Podman hands to the runtime. Absent: none, or the engine hands none
   * on.
   */
  readonly annotations?: Fact<readonly string[]> | undefined;
}

/** Settings of an image that concern its containers, as its configuration gives them. */
export interface ImageSettings {
  readonly volumes: readonly string[];
  readonly workingDirectory: string;
  readonly stopSignal: string;
  /** Such as `80/tcp`. */
  readonly exposedPorts: readonly string[];
  /** Names of its variables. Their values may be secret. */
  readonly variables: readonly string[];
  /** Entries of its variables without a value: a name alone, which engines understand in different ways. */
  readonly valueless: readonly string[];
}

/** What an image has at a path. */
export interface ImagePlace {
  /** The path, absolute and without `.`, `..` and ending slash. */
  readonly path: string;
  /** Where the path leads when links are followed, to something or nothing; absent for a circle of links. */
  readonly leadsTo?: string | undefined;
  readonly kind: 'missing' | 'folder' | 'file' | 'circle';
  /** Files and links below it. They are counted up to 1000. */
  readonly files: number;
  /** Folders below it, counted likewise. */
  readonly folders: number;
  /** One of the files or folders. */
  readonly example?: string | undefined;
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
  /** Programs of the image that its arguments name, in their order: what a wrapper such as `tini` starts. */
  readonly starts?: readonly StartedProgramFacts[] | undefined;
}

/** A program that the arguments of another one name. */
export interface StartedProgramFacts extends Pick<
  ProgramFacts,
  'path' | 'machine' | 'interpreter' | 'missingLibraries' | 'fileCapabilities' | 'go'
> {
  readonly kind: 'elf' | 'script' | 'other';
  /** Which part of the image's configuration names it: a launch with arguments of its own replaces the command. */
  readonly namedBy: 'entrypoint' | 'command';
}

export interface GoBuildFacts {
  /** Such as `go1.24.3`. */
  readonly goVersion: string;
  /** Version of `github.com/hashicorp/go-plugin`; `(devel)` for a local copy; absent when it is not linked in. */
  readonly goPlugin?: string | undefined;
  /**
   * False where the program has no list of its modules, as after `GO111MODULE=off`, with Bazel and with stripped build
   * information. Absent: it has one.
   */
  readonly listsModules?: boolean | undefined;
  /** Path of a module that may be a copy of go-plugin, because its name is the same. */
  readonly goPluginLike?: string | undefined;
}

/** Takes the place of the facts of an image that the engine does not have. */
export interface AbsentImage {
  readonly reference: string;
  readonly absent: true;
}
