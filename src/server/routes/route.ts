/** How a path of the API is declared: a method, a pattern, what the caller's token has to allow, and the handler. */
import type { IncomingHttpHeaders } from 'node:http';
import type { PluginEntry } from '../../catalog/index.ts';
import type { PluginHost } from '../../host/index.ts';
import type { VaultData } from '../../vault/index.ts';
import type { KeptMounts } from '../../vault/internal.ts';
import type { Answer } from '../http/answer.ts';
import type { Caller } from '../tokens/caller.ts';
import type { TokenBook } from '../tokens/token-book.ts';

/** PUT counts as POST, and GET with `list=true` as LIST, as in Vault. */
export type ApiMethod = 'GET' | 'LIST' | 'POST' | 'PATCH' | 'DELETE';

/**
 * What a caller needs: nothing at all; any token; one that reads the catalogs; one that reads what runs; one for the mounted path that is asked for
 * (its pattern has to begin with `/v1/`); or one that allows everything.
 */
export type Need = 'nothing' | 'token' | 'catalog' | 'observe' | 'mount' | 'everything';

export interface ApiRequest {
  /** The id that the answer carries, too. */
  readonly id: string;
  readonly method: ApiMethod;
  /** Decoded once, without `/v1/` in front; every part of it is harmless. */
  readonly path: string;
  /** What stands in the place of the pattern's names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Empty where there is none. */
  readonly body: VaultData;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  readonly caller: Caller;
  /** Aborted when the caller goes away, when the time of the request is over, and when the server ends. */
  readonly signal: AbortSignal;
}

/** What handlers work on. */
export interface ServerContext {
  readonly host: PluginHost;
  readonly mounts: KeptMounts;
  readonly tokens: TokenBook;
  /** A whole entry of the catalog, with what must not be shown to everybody. */
  readonly entryOf: (type: string, name: string, version: string) => Promise<PluginEntry>;
}

export interface Route {
  readonly method: ApiMethod;
  /**
   * Such as `/v1/sys/plugins/catalog/:type/*name`: `:type` stands for one part of a path, `*name` for all that are left,
   * at least one, up to the literal parts that may follow it.
   */
  readonly pattern: string;
  readonly needs: Need;
  /** Whether the answer may take as long as it likes, as one that follows a log does. Default false. */
  readonly lasting?: boolean;
  readonly handle: (request: ApiRequest, context: ServerContext) => Answer | Promise<Answer>;
}
