import { checkArchitecture } from './check-architecture.ts';
import { writeImageArchive, type PackedImage, type ImageConfig } from './docker-archive.ts';
import { DynamicBinaryError } from './errors.ts';
import { hostData, type HostDataOptions } from './host-data.ts';
import { checkBinaryOptions } from './pack-options.ts';
import { readElf } from './read-elf.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { nonRootUser, systemFiles } from './system-files.ts';

export interface PackBinaryPluginOptions extends ImageConfig, HostDataOptions {
  /** Full reference such as `localhost/my-plugin:1.0`. */
  readonly tag: string;
  /** Path of the program, which becomes `/plugin` in the image. */
  readonly binary: string;
  readonly args?: readonly string[] | undefined;
  /** Default `65532:65532`, which the image's /etc/passwd calls `nonroot`. */
  readonly user?: string | undefined;
  /**
   * Capabilities that the program gets when it is executed, such as `['IPC_LOCK']` for a plugin that locks memory as a
   * non-root user on Docker. The container must be given them too, or the program can't be started.
   */
  readonly fileCapabilities?: readonly string[] | undefined;
  /** Also packs the loader and shared libraries of a dynamically linked program, from this machine. Default false. */
  readonly withLibraries?: boolean | undefined;
  /** Architecture as image configurations name it; default: that of this machine. The program must be built for it. */
  readonly architecture?: string | undefined;
  readonly createdAt?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

const programPath = '/plugin';

/**
 * Packs a plugin that is one program, such as a Go plugin built with `CGO_ENABLED=0`, into an image that holds nothing
 * else. An abort ends it with the signal's reason; nothing is left behind.
 *
 * ```ts
 * await engine.images.load(await packBinaryPlugin({ tag: 'localhost/kv:1', binary: './kv' }));
 * ```
 *
 * @throws {ElfError} `binary` is not a program
 * @throws {ArchitectureMismatchError} it is for another architecture
 * @throws {DynamicBinaryError} it is linked dynamically, and `withLibraries` is not set
 * @throws {LibraryNotFoundError} with `withLibraries`: a shared library is not on this machine
 * @throws {ImageFileError} the file can't be read; this machine has no certificates or time zone data that were asked for
 */
export async function packBinaryPlugin(options: PackBinaryPluginOptions): Promise<PackedImage> {
  checkBinaryOptions(options);
  const { binary, signal } = options;
  const elf = await readElf(binary, { signal });
  checkArchitecture(binary, elf.machine, options.architecture);
  if (elf.interpreter !== undefined && options.withLibraries !== true) {
    throw new DynamicBinaryError(binary, elf.interpreter);
  }
  const data = await hostData(options, ['SSL_CERT_FILE']);
  return writeImageArchive({
    tag: options.tag,
    files: [
      ...systemFiles(),
      ...data.files,
      {
        path: programPath,
        content: { file: binary },
        mode: 0o755,
        fileCapabilities: options.fileCapabilities,
      },
      ...(await sharedLibraries(binary, elf, { signal })),
    ],
    entrypoint: [programPath],
    cmd: options.args,
    user: options.user ?? nonRootUser,
    env: { ...data.env, ...options.env },
    workingDirectory: options.workingDirectory,
    labels: { ...data.labels, ...options.labels },
    architecture: elf.machine,
    createdAt: options.createdAt,
    signal,
  });
}
