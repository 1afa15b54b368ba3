/**
 * The seam between the go-plugin protocol and whatever runs the plugin: a container, a subprocess, a test.
 *
 * It has the shape of the runner interfaces of HashiCorp's go-plugin (`runner/runner.go`): start, diagnose and streams;
 * wait, kill and id; address translation both ways. The protocol code never learns what is behind it.
 */

/** Where a go-plugin server listens. `unix`: a file-system path. `tcp`: `host:port`. */
export interface PluginAddress {
  readonly network: 'unix' | 'tcp';
  readonly address: string;
}

/** How a plugin ended. */
export interface PluginExit {
  /** Exit code of the program; `undefined` only when whoever ran it could not learn it (then `error` says why). */
  readonly code: number | undefined;
  /** Name of the signal that ended it, where the runner can tell (a subprocess; a container shows 128 + n in `code`). */
  readonly signal?: string | undefined;
  /** True when it was ended for using more memory than its limit. */
  readonly oomKilled?: boolean | undefined;
  /**
   * Its limit on memory in bytes, where it was killed and nobody can tell why: the engine may have missed that it used
   * more.
   */
  readonly killedAtMemoryLimit?: number | undefined;
  /** When it ended, as the runner recorded it; never before the real end. */
  readonly endedAt?: Date | undefined;
  /** What the runner reported besides the code, for example the engine's own text for a failed start. */
  readonly error?: string | undefined;
}

/** What is known about a plugin that failed: data that errors, the command line and the matrix all render. */
export interface Diagnosis {
  /** Named observations in the order they should be read, for example `image`, `runtime`, `user`, `exit code`. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** What to do about it, when the cause is recognised. */
  readonly hint?: string | undefined;
}

/** A time in which output of the program may have been lost. */
export interface OutputGap {
  readonly since: Date;
  readonly until: Date;
}

/** Whether a socket is there for the plugin to connect to, or to connect to the plugin. */
export type SocketPurpose = 'listen' | 'connect';

/** Calls `make`, which makes one unix socket before it returns, and returns what it returns. */
export type MakeSocket = <T>(purpose: SocketPurpose, make: () => T) => T;

export interface PluginRunner extends AsyncDisposable {
  /** Name of what runs, for logs and errors: an image reference or the path of an executable. */
  readonly name: string;
  /** Container id or process id; `undefined` before there is one. */
  readonly id: string | undefined;
  /**
   * A directory on the host for the sockets that the host makes (the broker): one that the plugin also sees, or one from
   * which `shareSocket` moves them to where it does.
   */
  readonly socketDirectory: string | undefined;
  /**
   * Removes from a text what must not be shown of the plugin, such as the values of its arguments. Default: removes
   * nothing.
   */
  readonly redact?: ((text: string) => string) | undefined;
  /**
   * Says what to do about a failure that the program tells in its own words, where the cause is known: its output when
   * it has ended, or the status of a failed call. Never throws, and takes a bounded time. Default: nothing is known.
   */
  readonly hintFor?: ((words: string) => Promise<string | undefined>) | undefined;
  /** Everything the program writes to its real stdout, from the first byte; ends when the program has ended. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Everything the program writes to its real stderr, from the first byte; ends when the program has ended. */
  readonly stderr: AsyncIterable<Uint8Array>;

  /**
   * Resolves, never rejects, with the reason when something that the plugin needs on the host was taken away, such as its
   * folder for sockets. The plugin may still answer, but can make no further connection. Absent: it is not known.
   */
  readonly impaired?: Promise<string> | undefined;
  /** Has `missed` called when output may have been lost although the program goes on. */
  watchOutput?(missed: (gap: OutputGap) => void): void;

  /** Starts the program. Rejects with a typed error if it can't; then only `[Symbol.asyncDispose]` may follow. */
  start(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Checks after the start what shows only on a running program. The program starts meanwhile, and nothing is sent to it
   * before. Rejects with a typed error when it is not as it should be. Absent: there is nothing to check.
   */
  verify?(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Resolves when the program has ended, no matter how often and how late it is called. Never loses the exit code. */
  wait(options?: { signal?: AbortSignal | undefined }): Promise<PluginExit>;
  /**
   * Told that the program is asked to end. One that ends with code 0 from then on has done what was asked of it, and no more
   * need be found out about its end. Absent: it makes no difference.
   */
  askedToEnd?(): void;
  /**
   * Ends the program: asks it with SIGTERM, then forces it with SIGKILL after `graceMs`; 0 forces it at once.
   * Idempotent.
   */
  kill(options?: { graceMs?: number | undefined; signal?: AbortSignal | undefined }): Promise<void>;
  /** Collects what is known, for an error. Never throws, and takes a bounded time. */
  diagnose(): Promise<Diagnosis>;

  /** Turns an address that the plugin announced into one that the host can reach. Throws a typed error if it can't. */
  pluginToHost(address: PluginAddress): PluginAddress;
  /** Turns an address that the host listens on into one that the plugin can reach. Throws a typed error if it can't. */
  hostToPlugin(address: PluginAddress): PluginAddress;
  /**
   * Makes the socket file that the host made at `path`, in `socketDirectory`, reachable for the plugin: sets its group
   * and mode, and puts it where the plugin sees it.
   */
  shareSocket(path: string): Promise<void>;
  /** Has a unix socket made in such a way that the plugin may use it. Absent: it needs nothing. */
  makeSocket?: MakeSocket | undefined;
  /**
   * Removes what `shareSocket` moved elsewhere; `path` is the one that it was given. Absent: closing the socket removes
   * it.
   */
  withdrawSocket?(path: string): Promise<void>;

  /** Ends the program if it still runs, and removes everything the runner made. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a runner for a plugin that will get `environment` (go-plugin's variables: cookie, versions, certificate).
 * Nothing is started yet. On rejection nothing may be left behind.
 */
export type RunnerFactory = (
  environment: Readonly<Record<string, string>>,
  options: { signal?: AbortSignal | undefined },
) => Promise<PluginRunner>;
