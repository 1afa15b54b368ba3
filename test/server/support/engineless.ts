/** A real server on a directory of its own, for what needs no engine: the frame, tokens, catalogs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginHost } from '../../../src/index.ts';
import type { Route } from '../../../src/server/routes/route.ts';
import { openHttp, TokenBook, type HttpServer } from '../../../src/server/internal.ts';
import type { HttpOptions } from '../../../src/server/server-options.ts';
import { KeptMounts, openKeptStorage } from '../../../src/vault/internal.ts';
import { apiClient, type Api } from './api-client.ts';

export interface EnginelessServer extends AsyncDisposable {
  readonly directory: string;
  readonly host: PluginHost;
  readonly http: HttpServer;
  readonly tokens: TokenBook;
  /** Asks over the socket, with the admin token. */
  readonly api: Api;
}

/** @param routes in place of those of the API */
export async function openEngineless(
  options: HttpOptions = {},
  routes?: readonly Route[],
  given?: string,
): Promise<EnginelessServer> {
  const directory = given ?? (await mkdtemp(join(tmpdir(), 'bulkhead-server-')));
  const place = { directory, trustedOwners: [] };
  const host = await PluginHost.open({ directory, sweep: false, control: false });
  const storage = await openKeptStorage(place, { make: true });
  if (storage === undefined) throw new Error('the storage is made');
  const mounts = await KeptMounts.open(storage, {
    openHost: () => Promise.resolve(host),
    onProblem: ({ error }) => {
      throw error;
    },
  });
  const tokens = new TokenBook(place);
  const http = await openHttp(place, { host, mounts, tokens }, options, routes);
  return {
    ...{ directory, host, http, tokens },
    api: apiClient(http.socketPath, http.adminToken),
    async [Symbol.asyncDispose]() {
      await http.close();
      await mounts[Symbol.asyncDispose]();
      await host.close();
      if (given === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
