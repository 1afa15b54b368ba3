import type { CallOptions } from '../call-options.ts';

export interface AttachContainerOptions extends CallOptions {
  /** Connects to the container's stdin too; it must have been created with `openStdin`. Default false. */
  readonly stdin?: boolean | undefined;
  /** Default true. */
  readonly stdout?: boolean | undefined;
  /** Default true. */
  readonly stderr?: boolean | undefined;
  /** Output kept per stream while nobody reads it, before the engine is made to wait. Default 1 MiB. */
  readonly bufferBytes?: number | undefined;
  /** Set it when the container was created with `tty`: all output then comes on `stdout`. Default false. */
  readonly tty?: boolean | undefined;
}

/** The writing end of an attached container's stdin. */
export interface ContainerStdin {
  /** Resolves when the bytes are handed to the operating system, which is when more should be written. */
  write(data: Uint8Array | string): Promise<void>;
  /** Half-closes: the program sees the end of its input, its output goes on. */
  end(): Promise<void>;
}

export interface ContainerAttachment extends AsyncDisposable {
  /** Pieces as they come, not lines. Ends with the container, fails with `ENGINE_GONE` when the engine goes first. One reader. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Only when asked for. */
  readonly stdin: ContainerStdin | undefined;
  /** Resolves when the engine has ended the connection, or `close` has; rejects when it broke. */
  readonly ended: Promise<void>;
  /** Closes the connection; the container goes on and its output is dropped. Idempotent. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
