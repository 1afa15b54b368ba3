import type { CallOptions } from '../call-options.ts';

export interface ContainerLogsOptions extends CallOptions {
  /** Goes on until the container ends. Default false. */
  readonly follow?: boolean | undefined;
  /** Default true. */
  readonly stdout?: boolean | undefined;
  /** Default true. */
  readonly stderr?: boolean | undefined;
  /** Only what was written at or after this time. */
  readonly since?: Date | undefined;
  /** Only what was written before this time. */
  readonly until?: Date | undefined;
  /** Only the last so many lines. Default: all. */
  readonly tail?: number | undefined;
  /** Puts the time before each line, as RFC 3339. Podman before 5.8 gives whole seconds. Default false. */
  readonly timestamps?: boolean | undefined;
  /** Set it when the container was created with `tty`: all output then comes as `stdout`. Default false. */
  readonly tty?: boolean | undefined;
}

/** A piece of output; not a line. */
export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

/** The log, to be iterated over once. Ending the iteration early, or disposing, closes the connection. */
export interface ContainerLogs extends AsyncIterable<LogChunk>, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
}
