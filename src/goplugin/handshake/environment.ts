/** The environment variables with which a host tells a plugin what it wants (go-plugin: client.go). */

export const variables = {
  minPort: 'PLUGIN_MIN_PORT',
  maxPort: 'PLUGIN_MAX_PORT',
  protocolVersions: 'PLUGIN_PROTOCOL_VERSIONS',
  clientCertificate: 'PLUGIN_CLIENT_CERT',
  multiplexing: 'PLUGIN_MULTIPLEX_GRPC',
  socketDirectory: 'PLUGIN_UNIX_SOCKET_DIR',
  socketGroup: 'PLUGIN_UNIX_SOCKET_GROUP',
} as const;

/** Go's host offers these ports to plugins that listen on TCP (go-plugin: client.go, NewClient). */
export const defaultPorts = { min: 10_000, max: 25_000 } as const;

export interface EnvironmentParts {
  readonly magicCookieKey: string;
  readonly magicCookieValue: string;
  readonly protocolVersions: readonly number[];
  /** PEM of the host's certificate, which asks the plugin for AutoMTLS. */
  readonly certificatePem?: string | undefined;
  readonly multiplexing?: boolean | undefined;
}

/** Builds the variables. The runner adds those of the socket directory, which only the runner knows. */
export function pluginEnvironment(parts: EnvironmentParts): Record<string, string> {
  return {
    [parts.magicCookieKey]: parts.magicCookieValue,
    [variables.minPort]: String(defaultPorts.min),
    [variables.maxPort]: String(defaultPorts.max),
    [variables.protocolVersions]: parts.protocolVersions.join(','),
    ...(parts.certificatePem === undefined ? {} : { [variables.clientCertificate]: parts.certificatePem }),
    ...(parts.multiplexing === true ? { [variables.multiplexing]: 'true' } : {}),
  };
}
