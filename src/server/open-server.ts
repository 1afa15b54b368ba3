/** Opens everything that a program needs to serve the API itself. */
import { resolve } from 'node:path';
import type { PluginHost } from '../host/index.ts';
import { checkArgument, checkShape, objectWith } from '../settings/option-shape.ts';
import { KeptMounts, keptPlaces, openKeptStorage, serveMounts } from '../vault/internal.ts';
import { endAll } from '../waiting/end-all.ts';
import { openHttp, reporter, type HttpServer } from './open-http.ts';
import { serverOptionsCheck, type ServerOptions } from './server-options.ts';
import { TokenBook } from './tokens/token-book.ts';

/**
 * Serves the API that Vault's clients speak, for the plugins, mounts and tokens of a directory, as `bulkhead serve` does.
 * Commands on the directory find this process, and use its mounts.
 *
 * ```ts
 * await using host = await PluginHost.open({ directory: './bulkhead' });
 * await using server = await openServer(host, { directory: './bulkhead', listen: { port: 8200 } });
 * ```
 *
 * @throws VaultStorageError `VAULT_STORAGE_IN_USE` when another process has the mounts; BulkheadError `FILE_UNUSABLE`;
 *   StoreError; InvalidOptionError; the errors of the file system
 * @remarks Abort ends the opening. The server is ended by `close`, which leaves the host open.
 */
export async function openServer(host: PluginHost, options: ServerOptions): Promise<HttpServer> {
  checkArgument('openServer', 'host', objectWith('mount', 'reload', 'instances'), host);
  checkShape('openServer', serverOptionsCheck, options);
  const { signal, keyFile, trustedOwners = [] } = options;
  const directory = { directory: resolve(options.directory), trustedOwners };
  const storage = await openKeptStorage(directory, { keyFile, make: true, signal });
  if (storage === undefined) throw new Error('a storage that is made is there');
  const tell = reporter(options);
  const opened: AsyncDisposable[] = [];
  const close = (): Promise<void> =>
    endAll(opened.reverse().map((each) => () => each[Symbol.asyncDispose]()));
  try {
    const mounts = await KeptMounts.open(storage, {
      openHost: () => Promise.resolve(host),
      keepsHost: true,
      onProblem: ({ path, what, error }) => options.onProblem?.({ what: `${path}: ${what}`, error }),
    });
    opened.push(mounts);
    opened.push(
      await serveMounts(mounts, keptPlaces(directory).folder, {
        left: (error) => {
          tell('the socket of the mounts could not be removed from its directory', error);
        },
      }),
    );
    const context = { host, mounts, tokens: new TokenBook(directory) };
    const http = await openHttp(directory, context, options);
    opened.push(http);
    await mounts.openAll({ signal });
    let closing: Promise<void> | undefined;
    const closeOnce = (): Promise<void> => (closing ??= close());
    return { ...http, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
  } catch (error) {
    await close().catch(() => undefined); // what went wrong first counts
    throw error;
  }
}
