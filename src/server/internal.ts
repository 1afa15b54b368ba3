/**
 * What the command line uses of this room beside its public API. This is no entry point, and may change at any time.
 */
export { openHttp, type HttpServer } from './open-http.ts';
export type { AccessLogEntry } from './http/access-log.ts';
export { loopback, type ListenAddress } from './http/listeners.ts';
export type { TokenInfo, TokenScope } from './tokens/caller.ts';
export { scopeOf } from './tokens/scope.ts';
export { TokenBook } from './tokens/token-book.ts';
export { millisecondsOf } from './routes/vault-duration.ts';
