/**
 * The one base class of every error Bulkhead throws, and the one table of its codes.
 *
 * Codes are public contract: they never change meaning. An aborted call does not appear here, because the
 * reason of the caller's own `AbortSignal` is rethrown untouched.
 */

import { boundedText } from './foreign-text.ts';
import { withTexts } from './error-texts.ts';

/** Every stable error code, with what it tells the caller. `test/errors.test.ts` keeps this table complete. */
export const errorCodes = {
  INVALID_OPTION: 'An option that the caller passed is wrong; nothing was done.',
  ENGINE_NONE_FOUND: 'No engine answers on any of the sockets looked at.',
  ENGINE_SOCKET_ABSENT: "The engine's socket does not exist.",
  ENGINE_SOCKET_INVALID: 'The path of the socket leads to something that is not a socket.',
  ENGINE_SOCKET_FORBIDDEN: "This user may not use the engine's socket.",
  ENGINE_SOCKET_FOREIGN: "The engine's socket was found without being named, and belongs to another user.",
  ENGINE_SOCKET_REFUSED: 'The socket is there, but nothing listens on it.',
  ENGINE_SOCKET_PATH_TOO_LONG: 'The path of the socket is longer than the 107 bytes that the kernel takes.',
  ENGINE_SCHEME_UNSUPPORTED: 'A setting names an engine that is not reached over a unix socket.',
  ENGINE_CONTEXT_INVALID: "Docker's context names no engine, or its files can't be read.",
  ENGINE_NOT_RECOGNISED: 'What answers on the socket is neither Docker nor Podman.',
  ENGINE_VERSION_UNSUPPORTED: 'The engine speaks no API version that this client speaks.',
  ENGINE_GONE: 'The engine ended the connection in the middle of a call or a stream.',
  ENGINE_TIMEOUT: 'The engine did not connect, answer or go on within the time limit.',
  ENGINE_CLOSED: 'The call was ended because its engine was closed on this side.',
  ENGINE_PROTOCOL: 'The engine answered something that its API does not allow.',
  ENGINE_UNSUPPORTED: "This engine, or this version of it, can't do what was asked.",
  ENGINE_BAD_REQUEST: 'The engine finds the request wrong.',
  ENGINE_UNAUTHORIZED: 'The engine, or a registry behind it, forbids the request or wants credentials.',
  ENGINE_NOT_FOUND: 'There is no such container, image, network or path.',
  ENGINE_CONFLICT: 'The request does not fit the present state of the container or image.',
  ENGINE_OPERATION_FAILED: 'The engine tried what was asked, and failed.',
  PODMAN_MISSING: 'Podman is not installed, or not on the PATH.',
  PODMAN_RUNTIME_MISSING: 'The OCI runtime for the Podman service is not installed.',
  PODMAN_SERVICE_FAILED: 'The Podman service ended before it answered.',
  PODMAN_SERVICE_TIMEOUT: 'The Podman service did not answer in time.',
  IMAGE_NOT_PRESENT: 'The engine does not have the image of the plugin; nothing is ever pulled.',
  IMAGE_DIGEST_MISMATCH: 'The image is there, and has not the digest that was registered.',
  IMAGE_FILE_UNUSABLE:
    "A file that belongs into an image can't be read, or is of a kind that can't be packed.",
  IMAGE_CHANGED: 'Files changed while the image was written, so it is not the image that was promised.',
  IMAGE_ARCHITECTURE_MISMATCH: 'A program is built for another architecture than its image.',
  IMAGE_BINARY_DYNAMIC: 'A program needs a loader and shared libraries that its image would not have.',
  IMAGE_LIBRARY_NOT_FOUND: 'A shared library that a program needs is not on this machine.',
  IMAGE_PACKAGE_NOT_FOUND: 'An npm package that a plugin needs is not installed.',
  ELF_INVALID: 'A file is not a 64-bit little-endian ELF program, or is damaged.',
  FILE_UNUSABLE: "A file that was named can't be read or written.",
  LAUNCH_REFUSED: 'The plugin can not run here as asked; every reason is named, nothing was made.',
  LAUNCH_UNKNOWN: 'Whether the plugin can run here could not be observed; nothing was made.',
  FACTS_INVALID: 'What should be a file of recorded facts is none.',
  SOCKET_DIRECTORY_FAILED: "The directory for the plugin's socket could not be made as the launch needs it.",
  SOCKET_OUTSIDE_DIRECTORY: 'The plugin made its socket where the host can not reach it.',
  ATTESTATION_FAILED: 'The engine created a container that differs from the request; it was never started.',
  GVISOR_NOT_PROVED: 'The plugin was to run under gVisor and does not; it was ended at once.',
  CONTAINER_START_FAILED: 'The engine could not start the container of the plugin.',
  CLEANUP_FAILED: 'A container or a folder for sockets could not be removed; it is named.',
  CATALOG_NOT_FOUND: 'The catalog has no such plugin, version or plugin runtime.',
  CATALOG_IN_USE: 'The catalog entry is referred to or pinned; what stands in the way is named.',
  CATALOG_DAMAGED: 'A file of the catalog is torn or foreign; it is named, and left as it is.',
  CATALOG_NEWER_FORMAT: 'A file of the catalog was written by a newer version of Bulkhead.',
  CATALOG_UNREADABLE: "The directory of the catalog can't be read.",
  CATALOG_UNTRUSTED:
    'Another user, who is named, could have put there what the directory of the catalog has; it is not used.',
  CATALOG_UNWRITABLE: "The directory of the catalog can't be written; nothing in it has changed.",
  CATALOG_LOCKED: 'Another process holds the lock of the catalog for too long; it is named.',
  INSTANCE_NOT_FOUND: 'No host that runs on this directory has such a plugin or instance.',
  HOST_CLOSED: 'The plugin host was closed before or during the call.',
  HOST_LIMIT: 'A limit of the plugin host was reached; it is named, and nothing was begun.',
  INSTANCE_CRASH_LOOP: 'The plugin keeps ending, and is not started any more until its instance is reset.',
  INSTANCE_NOT_READY: 'The plugin was not ready again within the time that a call waits for it.',
  INSTANCE_STOPPED: 'The instance of the plugin was stopped before or during the call.',
  MOUNT_TAKEN: 'There is a mount of that id already.',
  MOUNT_CLOSED: 'The mount was closed before or during the call.',
  CALL_OUTCOME_UNKNOWN:
    'The plugin was lost while it had the call, and may have carried it out; it was not repeated.',
  PLUGIN_MISMATCH: 'The plugin says another type or version of itself than it was registered with.',
  RELOAD_FAILED: 'The new plugin could not take over; the one that ran goes on.',
  HANDSHAKE_NOT_RECOGNISED: 'The first line on the stdout of the plugin is not a handshake.',
  HANDSHAKE_CORE_VERSION: "The plugin speaks another version of go-plugin's own protocol.",
  HANDSHAKE_PLUGIN_VERSION: 'Host and plugin have no application protocol version in common.',
  HANDSHAKE_NETRPC: "The plugin speaks Go's net/rpc, which only Go programs can speak.",
  HANDSHAKE_PROTOCOL: 'The plugin names a protocol that go-plugin does not have.',
  HANDSHAKE_NETWORK: 'The plugin listens on a kind of network that go-plugin does not have.',
  HANDSHAKE_ADDRESS: "The address in the plugin's handshake can not be one.",
  HANDSHAKE_CERTIFICATE_INVALID: "The certificate in the plugin's handshake can not be read.",
  HANDSHAKE_CERTIFICATE_MISSING: 'AutoMTLS was asked for, and the plugin sent no certificate.',
  HANDSHAKE_CERTIFICATE_UNEXPECTED: 'The plugin sent a certificate although AutoMTLS was not asked for.',
  HANDSHAKE_MULTIPLEXING: 'The plugin does not say clearly whether it multiplexes.',
  HANDSHAKE_MULTIPLEXING_UNSUPPORTED: 'Multiplexing was asked for, and the plugin does not support it.',
  PLUGIN_NO_HANDSHAKE: 'The plugin closed its stdout without a handshake, and went on running.',
  PLUGIN_START_FAILED: 'What runs the plugin could not be made or started.',
  PLUGIN_NOT_RUNNING: 'There is no process to reattach to.',
  PLUGIN_NOT_REATTACHABLE: 'The way in which the plugin was started does not allow a second host.',
  PLUGIN_START_TIMEOUT: 'The plugin was not ready within the time limit.',
  PLUGIN_CONNECT_FAILED: 'The plugin announced itself, and the first connection to it failed.',
  PLUGIN_EXITED: 'The plugin has ended.',
  PLUGIN_CALL_FAILED: 'The plugin answered a call with an error status.',
  PLUGIN_LIMIT: 'What the plugin sent, or the calls to it, went beyond a limit of this host; it is named.',
  PLUGIN_CALL_TIMEOUT: 'A call was not answered before its deadline.',
  PLUGIN_UNHEALTHY: 'The plugin says that it does not serve.',
  BROKER_CLOSED: 'The connection that carries the announcements of the broker has ended.',
  BROKER_NOT_ANNOUNCED: 'Nothing was offered under the id within the time limit.',
  BROKER_LISTEN_FAILED: 'No socket could be made for a brokered service.',
  MULTIPLEXING_PROTOCOL: 'The other side broke the rules of the multiplexed connection.',
  MULTIPLEXING_STREAM_LOST: 'A stream in a multiplexed connection was reset, or its connection has ended.',
  SUBPROCESS_CHECKSUM_MISMATCH:
    'The executable of the plugin is not the one it should be; nothing was started.',
  SUBPROCESS_START_FAILED: 'The executable of the plugin could not be started.',
  REFLECTION_UNAVAILABLE: 'The plugin does not describe its services.',
  REFLECTION_NO_SERVICE: 'The plugin has no service of that name.',
  REFLECTION_FAILED: 'The plugin describes its services in a way that can not be used.',
  PROTO_INVALID: 'A .proto file can not be read or is wrong.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorCodes;

export interface BulkheadErrorOptions {
  /** What failed underneath, kept as `cause`. */
  cause?: unknown;
  /** What to do about it, when the fix is known. One sentence. */
  hint?: string | undefined;
}

/**
 * Base class of all errors thrown by Bulkhead: a stable `code`, the `cause`, and a `hint` when the fix is known.
 *
 * Message, hint and the texts of the cause can be printed as they are, whoever wrote what they quote: characters that
 * steer or hide are shown by their numbers, and what is longer than 16,384 characters is cut.
 */
export class BulkheadError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: BulkheadErrorOptions = {}) {
    super(
      boundedText(message),
      options.cause === undefined
        ? undefined
        : { cause: withTexts(options.cause, (text) => boundedText(text)) },
    );
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint === undefined ? undefined : boundedText(options.hint);
  }
}

/** Thrown for a wrong argument before anything is done: names the option, what was given and what is allowed. */
export class InvalidOptionError extends BulkheadError {
  readonly option: string;

  constructor(option: string, message: string, options: BulkheadErrorOptions = {}) {
    super('INVALID_OPTION', `${option}: ${message}`, options);
    this.option = option;
  }
}
