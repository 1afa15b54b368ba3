/**
 * `bulkhead/server`: the HTTP API that Vault's clients speak, for plugins, mounts and tokens of a directory, without a Vault.
 */
import '../node-version.ts';

export { openServer } from './open-server.ts';
export type { HttpServer } from './open-http.ts';
export type { HttpOptions, ServerOptions, ServerProblem } from './server-options.ts';
export type { AccessLogEntry } from './http/access-log.ts';
export type { ListenAddress } from './http/listeners.ts';
export type { ServerLimits } from './http/limits.ts';
