/** A real server on a real engine, with the key/value engine of Vault registered as `kv`. */
import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connectEngine, type Engine } from '../../../src/engine/index.ts';
import { PluginHost } from '../../../src/index.ts';
import { openServer, type HttpServer, type ServerOptions } from '../../../src/server/index.ts';
import { TokenBook } from '../../../src/server/internal.ts';
import { loadEngines } from '../../engines/engines.ts';
import { ownSocketParent } from '../../host/socket-parent.ts';
import { loadFixture, type FixtureName } from '../../plugins/images.ts';
import { apiClient, type Api } from './api-client.ts';

export interface ServerWorld {
  readonly engine: Engine;
  readonly host: PluginHost;
  readonly server: HttpServer;
  readonly directory: string;
  /** Reference of the image of the fixture. */
  readonly image: string;
  readonly token: string;
  readonly tokens: TokenBook;
  /** Asks over the socket, with the admin token. */
  readonly api: Api;
  /** Ends server and host, and opens both anew on the same directory. */
  readonly restart: () => Promise<ServerWorld>;
}

/** The engine of these tests: what the API does with it does not depend on which it is. */
export const serverEngine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);

/** Runs the test with a server; nothing may be left of it. A plugin that can't be built here skips the test. */
export async function withServer(
  t: TestContext,
  options: Partial<ServerOptions> & { readonly fixture?: FixtureName; readonly name?: string },
  test: (world: ServerWorld) => Promise<void>,
): Promise<void> {
  const { fixture = 'go-vault-secrets-kv', name = 'kv', ...server } = options;
  const place = serverEngine?.services.find(({ runtime }) => runtime === 'runc');
  if (serverEngine === undefined || place === undefined)
    throw new Error('the test is skipped without an engine');
  await using engine = await connectEngine({ socketPath: place.socket });
  const found = await loadFixture(engine, fixture);
  if (found.skipped !== undefined) {
    t.skip(found.skipped);
    return;
  }
  await using parent = await ownSocketParent(serverEngine);
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-server-'));
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (let each = ends.pop(); each !== undefined; each = ends.pop()) await each();
  };
  const open = async (known?: string): Promise<ServerWorld> => {
    const host = await PluginHost.open({
      ...{ directory, socketPath: place.socket, socketDirectory: parent.path, runtime: 'runc' },
    });
    ends.push(() => host.close());
    const opened = await openServer(host, { directory, ...server });
    ends.push(() => opened.close());
    const token = known ?? opened.adminToken ?? '';
    return {
      ...{
        engine,
        host,
        directory,
        token,
        tokens: new TokenBook({ directory, trustedOwners: [] }),
        server: opened,
        image: found.tag,
      },
      api: apiClient(opened.socketPath, token),
      restart: async () => {
        await end();
        return open(token);
      },
    };
  };
  try {
    const world = await open();
    await world.host.runtimes.register({ type: 'container', name: 'runc', ociRuntime: 'runc' });
    await world.host.plugins.register(
      { type: 'secret', name, ociImage: found.tag, runtime: 'runc' },
      { skipProbe: true },
    );
    await test(world);
  } finally {
    await end();
    await rm(directory, { recursive: true, force: true });
  }
}
