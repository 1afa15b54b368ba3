/**
 * The one table of error codes: whose fault each is, and what it means.
 *
 * Codes are public contract and never change their meaning. An aborted call has none, because the reason of the
 * caller's own `AbortSignal` is rethrown untouched.
 */

/** What can be blamed for an error, and what each of them means. */
export const blameMeanings = {
  usage: 'An option, or a file given as one, is wrong in itself. Nothing was done.',
  request:
    'What was asked for does not fit the present state: there is no such thing, its name is taken, it was closed, a limit is reached.',
  plugin: 'The plugin failed, or does not keep to its protocol.',
  image: 'The image of the plugin, or what is to be packed into one, is wrong.',
  engine: 'The engine is away, failed, or did something else than it was asked for.',
  machine: 'A file, a program or a setting of this machine is in the way.',
  catalog: 'The directory of the catalog, or a file in it, is unusable.',
} as const satisfies Record<string, string>;

/** What an error blames. */
export type Blame = keyof typeof blameMeanings;

/** What is known about an error from its code alone. */
export interface ErrorCodeEntry {
  readonly blames: Blame;
  /**
   * The error says nothing about the plugin and may pass by itself: a restart waits, and does not count it as a
   * failure.
   */
  readonly transient?: boolean;
  readonly meaning: string;
}

/** Every stable error code. `test/errors.test.ts` keeps this table complete. */
export const errorCodes = {
  INVALID_OPTION: {
    blames: 'usage',
    meaning: 'An option that the caller passed is wrong; nothing was done.',
  },
  ENGINE_NONE_FOUND: {
    blames: 'engine',
    transient: true,
    meaning: 'No engine answers on any of the sockets looked at.',
  },
  ENGINE_SOCKET_ABSENT: { blames: 'engine', transient: true, meaning: "The engine's socket does not exist." },
  ENGINE_SOCKET_INVALID: {
    blames: 'machine',
    transient: true,
    meaning: 'The path of the socket leads to something that is not a socket.',
  },
  ENGINE_SOCKET_FORBIDDEN: {
    blames: 'machine',
    transient: true,
    meaning: "This user may not use the engine's socket.",
  },
  ENGINE_SOCKET_FOREIGN: {
    blames: 'machine',
    transient: true,
    meaning: "The engine's socket was found without being named, and belongs to another user.",
  },
  ENGINE_SOCKET_REFUSED: {
    blames: 'engine',
    transient: true,
    meaning: 'The socket is there, but nothing listens on it.',
  },
  ENGINE_SOCKET_PATH_TOO_LONG: {
    blames: 'machine',
    transient: true,
    meaning: 'The path of the socket is longer than the 107 bytes that the kernel allows.',
  },
  ENGINE_SCHEME_UNSUPPORTED: {
    blames: 'machine',
    meaning: 'A setting names an engine that is not reached over a unix socket.',
  },
  ENGINE_CONTEXT_INVALID: {
    blames: 'machine',
    meaning: "Docker's context names no engine, or its files can't be read.",
  },
  ENGINE_NOT_RECOGNISED: {
    blames: 'engine',
    meaning: 'What answers on the socket is neither Docker nor Podman.',
  },
  ENGINE_VERSION_UNSUPPORTED: {
    blames: 'engine',
    meaning: 'The engine speaks no API version that this client speaks.',
  },
  ENGINE_GONE: {
    blames: 'engine',
    transient: true,
    meaning: 'The engine ended the connection in the middle of a call or a stream.',
  },
  ENGINE_TIMEOUT: {
    blames: 'engine',
    transient: true,
    meaning: 'The engine did not connect, answer or continue within the time limit.',
  },
  ENGINE_CLOSED: {
    blames: 'request',
    transient: true,
    meaning: 'The call ended because its engine was closed on this side.',
  },
  ENGINE_PROTOCOL: {
    blames: 'engine',
    transient: true,
    meaning: 'The engine answered something that its API does not allow.',
  },
  ENGINE_UNSUPPORTED: {
    blames: 'request',
    meaning: "This engine, or this version of it, can't do what was asked.",
  },
  ENGINE_BAD_REQUEST: { blames: 'request', meaning: 'The engine rejects the request as wrong.' },
  ENGINE_UNAUTHORIZED: {
    blames: 'engine',
    meaning: 'The engine, or a registry behind it, forbids the request or wants credentials.',
  },
  ENGINE_NOT_FOUND: { blames: 'request', meaning: 'There is no such container, image, network or path.' },
  ENGINE_CONFLICT: {
    blames: 'request',
    meaning: 'The request does not fit the present state of the container or image.',
  },
  ENGINE_OPERATION_FAILED: { blames: 'engine', meaning: 'The engine tried what was asked, and failed.' },
  PODMAN_MISSING: { blames: 'machine', meaning: 'Podman is not installed, or not on the PATH.' },
  PODMAN_RUNTIME_MISSING: {
    blames: 'machine',
    meaning: 'The OCI runtime for the Podman service is not installed.',
  },
  PODMAN_SERVICE_FAILED: {
    blames: 'engine',
    transient: true,
    meaning: 'The Podman service ended before it answered.',
  },
  PODMAN_SERVICE_TIMEOUT: {
    blames: 'engine',
    transient: true,
    meaning: 'The Podman service did not answer in time.',
  },
  IMAGE_NOT_PRESENT: {
    blames: 'image',
    meaning: 'The engine does not have the image of the plugin; nothing is ever pulled.',
  },
  IMAGE_DIGEST_MISMATCH: {
    blames: 'image',
    meaning: 'The image is there, but does not have the digest that was registered.',
  },
  IMAGE_FILE_UNUSABLE: {
    blames: 'image',
    meaning: "A file that goes into an image can't be read, or is of a kind that can't be packed.",
  },
  IMAGE_CHANGED: {
    blames: 'image',
    meaning: 'Files changed while the image was written, so it is not the image that was promised.',
  },
  IMAGE_ARCHITECTURE_MISMATCH: {
    blames: 'image',
    meaning: 'A program is built for another architecture than its image.',
  },
  IMAGE_BINARY_DYNAMIC: {
    blames: 'image',
    meaning: 'A program needs a loader and shared libraries that its image would not have.',
  },
  IMAGE_LIBRARY_NOT_FOUND: {
    blames: 'image',
    meaning: 'A shared library that a program needs is not on this machine.',
  },
  IMAGE_PACKAGE_NOT_FOUND: {
    blames: 'image',
    meaning: 'An npm package that a plugin needs is not installed.',
  },
  ELF_INVALID: {
    blames: 'image',
    meaning: 'A file is not a 64-bit little-endian ELF program, or is damaged.',
  },
  FILE_UNUSABLE: { blames: 'machine', meaning: "A file that was named can't be read or written." },
  LAUNCH_REFUSED: {
    blames: 'request',
    meaning: "The plugin can't run here as asked; every reason is named, and nothing was made.",
  },
  LAUNCH_UNKNOWN: {
    blames: 'machine',
    meaning: 'Whether the plugin can run here could not be observed; nothing was made.',
  },
  FACTS_INVALID: { blames: 'usage', meaning: 'A file that should hold recorded facts does not.' },
  SOCKET_DIRECTORY_FAILED: {
    blames: 'machine',
    meaning:
      "The directory for the plugin's socket could not be made as the launch needs it, or the engine does not see it or may not label it.",
  },
  SOCKET_OUTSIDE_DIRECTORY: {
    blames: 'plugin',
    meaning: "The plugin made its socket where the host can't reach it.",
  },
  ATTESTATION_FAILED: {
    blames: 'engine',
    meaning:
      'The engine created a container that differs from the request; it was not started, or was ended before anything was sent to it.',
  },
  GVISOR_NOT_PROVED: {
    blames: 'engine',
    meaning: 'The plugin was to run under gVisor and does not; it was ended at once.',
  },
  CONTAINER_START_FAILED: {
    blames: 'image',
    meaning: 'The engine could not start the container of the plugin.',
  },
  CLEANUP_FAILED: {
    blames: 'machine',
    meaning: 'A container or a folder for sockets could not be removed; it is named.',
  },
  CATALOG_NOT_FOUND: {
    blames: 'request',
    meaning: 'The catalog has no such plugin, version, plugin runtime or kind.',
  },
  CATALOG_IN_USE: {
    blames: 'request',
    meaning: 'Something refers to the catalog entry, or pins it; what does is named.',
  },
  CATALOG_DAMAGED: {
    blames: 'catalog',
    meaning: 'A file of the catalog is torn or foreign; it is named, and left as it is.',
  },
  CATALOG_NEWER_FORMAT: {
    blames: 'catalog',
    meaning: 'A file of the catalog was written by a newer version of Bulkhead.',
  },
  CATALOG_UNREADABLE: { blames: 'catalog', meaning: "The directory of the catalog can't be read." },
  CATALOG_UNTRUSTED: {
    blames: 'catalog',
    meaning:
      'Another user, who is named, can change what the directory of the catalog holds, so it is not used.',
  },
  CATALOG_UNWRITABLE: {
    blames: 'catalog',
    meaning: "The directory of the catalog can't be written; nothing in it has changed.",
  },
  CATALOG_LOCKED: {
    blames: 'catalog',
    meaning: 'Another process, which is named, has held the lock of the catalog for too long.',
  },
  INSTANCE_NOT_FOUND: {
    blames: 'request',
    meaning: 'No host that runs on this directory has such a plugin or instance.',
  },
  HOST_SILENT: {
    blames: 'machine',
    meaning:
      'A host in another process does not answer: it was stopped, hangs, or something else is at its socket.',
  },
  HOST_CLOSED: { blames: 'request', meaning: 'The plugin host was closed before or during the call.' },
  HOST_LIMIT: {
    blames: 'request',
    transient: true,
    meaning: 'A limit of the plugin host was reached; it is named, and nothing was begun.',
  },
  INSTANCE_CRASH_LOOP: {
    blames: 'plugin',
    meaning: 'The plugin keeps ending, and is not started again until its instance is reset.',
  },
  INSTANCE_NOT_READY: {
    blames: 'plugin',
    meaning: 'The plugin was not ready again within the time that a call waits for it.',
  },
  INSTANCE_STOPPED: {
    blames: 'request',
    meaning: 'The instance of the plugin was stopped before or during the call.',
  },
  MOUNT_TAKEN: { blames: 'request', meaning: 'There is already a mount with that id.' },
  MOUNT_CLOSED: { blames: 'request', meaning: 'The mount was closed before or during the call.' },
  CALL_OUTCOME_UNKNOWN: {
    blames: 'plugin',
    meaning: 'The plugin was lost during the call, which it may have carried out; the call was not repeated.',
  },
  PLUGIN_MISMATCH: {
    blames: 'plugin',
    meaning: 'The plugin reports another type or version than it was registered with.',
  },
  RELOAD_FAILED: {
    blames: 'plugin',
    meaning: 'The new plugin could not take over; the one that ran continues to run.',
  },
  HANDSHAKE_NOT_RECOGNISED: {
    blames: 'plugin',
    meaning: 'The first line on the stdout of the plugin is not a handshake.',
  },
  HANDSHAKE_CORE_VERSION: {
    blames: 'plugin',
    meaning: "The plugin speaks another version of go-plugin's own protocol.",
  },
  HANDSHAKE_PLUGIN_VERSION: {
    blames: 'plugin',
    meaning: 'Host and plugin have no application protocol version in common.',
  },
  HANDSHAKE_NETRPC: {
    blames: 'plugin',
    meaning: "The plugin speaks Go's net/rpc, which only Go programs can speak.",
  },
  HANDSHAKE_PROTOCOL: {
    blames: 'plugin',
    meaning: 'The plugin names a protocol that go-plugin does not have.',
  },
  HANDSHAKE_NETWORK: {
    blames: 'plugin',
    meaning: 'The plugin listens on a kind of network that go-plugin does not have.',
  },
  HANDSHAKE_ADDRESS: {
    blames: 'plugin',
    meaning: "The address in the plugin's handshake is not valid for its network.",
  },
  HANDSHAKE_CERTIFICATE_INVALID: {
    blames: 'plugin',
    meaning: "The certificate in the plugin's handshake can't be read.",
  },
  HANDSHAKE_CERTIFICATE_MISSING: {
    blames: 'plugin',
    meaning: 'AutoMTLS was asked for, and the plugin sent no certificate.',
  },
  HANDSHAKE_CERTIFICATE_UNEXPECTED: {
    blames: 'plugin',
    meaning: 'The plugin sent a certificate although AutoMTLS was not asked for.',
  },
  HANDSHAKE_MULTIPLEXING: {
    blames: 'plugin',
    meaning: 'The plugin does not say clearly whether it multiplexes.',
  },
  HANDSHAKE_MULTIPLEXING_UNSUPPORTED: {
    blames: 'plugin',
    meaning: 'Multiplexing was asked for, and the plugin does not support it.',
  },
  PLUGIN_NO_HANDSHAKE: {
    blames: 'plugin',
    meaning: 'The plugin closed its stdout without a handshake, and kept running.',
  },
  PLUGIN_START_FAILED: {
    blames: 'machine',
    meaning: 'The program or container that runs the plugin could not be made or started.',
  },
  PLUGIN_NOT_RUNNING: { blames: 'request', meaning: 'There is no process to reattach to.' },
  PLUGIN_NOT_REATTACHABLE: {
    blames: 'request',
    meaning: 'The way in which the plugin was started does not allow a second host.',
  },
  PLUGIN_START_TIMEOUT: { blames: 'plugin', meaning: 'The plugin was not ready within the time limit.' },
  PLUGIN_CONNECT_FAILED: {
    blames: 'plugin',
    meaning: 'The plugin announced itself, and the first connection to it failed.',
  },
  PLUGIN_EXITED: { blames: 'plugin', meaning: 'The plugin has ended.' },
  PLUGIN_CALL_FAILED: { blames: 'plugin', meaning: 'The plugin answered a call with an error status.' },
  PLUGIN_LIMIT: {
    blames: 'plugin',
    meaning:
      'What the plugin sent, or the number of calls to it, exceeded a limit of this host; the limit is named.',
  },
  PLUGIN_CALL_TIMEOUT: { blames: 'plugin', meaning: 'A call was not answered before its deadline.' },
  PLUGIN_CHANNEL_SILENT: {
    blames: 'plugin',
    meaning:
      'Something that the plugin was made to send did not arrive: a call back, a log line, or what it prints.',
  },
  PLUGIN_UNHEALTHY: { blames: 'plugin', meaning: 'The plugin reports that it does not serve.' },
  BROKER_CLOSED: {
    blames: 'plugin',
    meaning: 'The connection that carries the announcements of the broker has ended.',
  },
  BROKER_NOT_ANNOUNCED: {
    blames: 'plugin',
    meaning: 'Nothing was offered under the id within the time limit.',
  },
  BROKER_LISTEN_FAILED: { blames: 'machine', meaning: 'No socket could be made for a brokered service.' },
  MULTIPLEXING_PROTOCOL: {
    blames: 'plugin',
    meaning: 'The other side broke the rules of the multiplexed connection.',
  },
  MULTIPLEXING_STREAM_LOST: {
    blames: 'plugin',
    meaning: 'A stream in a multiplexed connection was reset, or its connection has ended.',
  },
  SUBPROCESS_CHECKSUM_MISMATCH: {
    blames: 'plugin',
    meaning: 'The executable of the plugin does not have the expected checksum; nothing was started.',
  },
  SUBPROCESS_START_FAILED: {
    blames: 'plugin',
    meaning: 'The executable of the plugin could not be started.',
  },
  REFLECTION_UNAVAILABLE: { blames: 'plugin', meaning: 'The plugin does not describe its services.' },
  REFLECTION_NO_SERVICE: { blames: 'request', meaning: 'The plugin has no service of that name.' },
  REFLECTION_FAILED: {
    blames: 'plugin',
    meaning: "The plugin describes its services in a way that can't be used.",
  },
  PROTO_INVALID: { blames: 'usage', meaning: "A .proto file can't be read, or is wrong." },
  VAULT_SETUP_REFUSED: {
    blames: 'plugin',
    meaning: 'A plugin of Vault does not accept its setup for a mount; its own words are in the message.',
  },
  VAULT_REQUEST_REFUSED: {
    blames: 'request',
    meaning:
      'A plugin of Vault refused a request; the error has the HTTP status and the words of the plugin.',
  },
  VAULT_REQUEST_FAILED: {
    blames: 'plugin',
    meaning: 'A plugin of Vault failed with a request, or its answer breaks the rules of the protocol.',
  },
  VAULT_DATABASE_REFUSED: {
    blames: 'request',
    meaning: 'A database plugin of Vault refused a request, or does not offer what it asks for.',
  },
  VAULT_DATABASE_FAILED: {
    blames: 'plugin',
    meaning: 'A database plugin of Vault, or the database behind it, failed with a request.',
  },
  VAULT_LEASE_NOT_FOUND: {
    blames: 'request',
    meaning: 'There is no such lease: it never was, or it has expired or was revoked.',
  },
  VAULT_LEASE_NOT_RENEWABLE: { blames: 'request', meaning: 'The lease can only be used up or revoked.' },
  VAULT_MOUNT_NOT_FOUND: {
    blames: 'request',
    meaning: 'No mount that the directory keeps has a path that leads there.',
  },
  VAULT_PATH_IN_USE: {
    blames: 'request',
    meaning: 'Another mount has this path, or one above or below it; nothing was mounted.',
  },
  VAULT_STORAGE_KEY_INVALID: {
    blames: 'request',
    meaning: 'A key for a storage is empty, too long, or would lead out of its mount; nothing was done.',
  },
  VAULT_STORAGE_WRONG_KEY: {
    blames: 'usage',
    meaning: 'The storage was made with another encryption key; nothing was read or overwritten.',
  },
  VAULT_STORAGE_IN_USE: {
    blames: 'request',
    meaning: 'Another process, which is named, has the storage open.',
  },
  VAULT_STORAGE_DAMAGED: {
    blames: 'machine',
    meaning: 'A file of a storage was cut short, altered or moved; it is named, and left as it is.',
  },
  VAULT_STORAGE_FULL: {
    blames: 'machine',
    meaning: 'The storage of a mount has no room for what was to be put; nothing in it has changed.',
  },
  VAULT_STORAGE_FAILED: {
    blames: 'machine',
    meaning: "The storage of a mount can't be read or written; nothing in it has changed.",
  },
  SYSTEM_ERROR: {
    blames: 'machine',
    meaning: 'The operating system refused a request; the cause has its error number.',
  },
  INTERNAL: {
    blames: 'machine',
    meaning: 'Something failed that Bulkhead has no code for; the cause is kept.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

/** The entry of a code, with the fields that not every entry has. */
export function errorCodeEntry(code: ErrorCode): ErrorCodeEntry {
  return errorCodes[code];
}
