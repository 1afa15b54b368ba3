/** The engines that an account finds in a guest, and the plugin in Go that is launched on them. */
import { join } from 'node:path';
import { BulkheadError, packBinaryPlugin, PluginHost } from 'bulkhead';
import { connectEngine, findSockets, type Engine } from 'bulkhead/engine';

export const handshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' };

export interface GuestEngines extends AsyncDisposable {
  readonly engines: readonly Engine[];
  /** A host on the engine, for a Podman service of its own beside it. */
  readonly hostOf: (engine: Engine) => Promise<PluginHost>;
}

/** @param sockets the engines at these sockets. Default: those that are found */
export async function guestEngines(
  isWanted: (engine: Engine) => boolean,
  sockets: readonly string[] = [],
): Promise<GuestEngines> {
  const engines: Engine[] = [];
  const hosts = new Map<Engine, Promise<PluginHost>>();
  const paths = sockets.length > 0 ? sockets : (await findSockets()).map(({ socketPath }) => socketPath);
  for (const socketPath of paths) {
    // The service of root's own session is the system's Podman once more, with the same storage.
    if (socketPath.startsWith('/run/user/0/')) continue;
    try {
      const engine = await connectEngine({ socketPath, limits: { connectMs: 60_000, headersMs: 600_000 } });
      if (isWanted(engine)) engines.push(engine);
      else await engine.close();
    } catch (error) {
      const { code, message } = BulkheadError.from(error);
      if (code !== 'ENGINE_SOCKET_ABSENT') console.log(`left out: ${socketPath}: ${message}`);
    }
  }
  if (engines.length === 0) throw new Error('no engine answers');
  return {
    engines,
    hostOf(engine) {
      const host =
        hosts.get(engine) ??
        PluginHost.open({
          socketPath: engine.socketPath,
          sweep: false,
          podman: { startTimeoutMs: 300_000 },
        });
      hosts.set(engine, host);
      // One that was late for a cell is tried again for the next.
      host.catch(() => hosts.delete(engine));
      return host;
    },
    async [Symbol.asyncDispose]() {
      for (const host of await Promise.allSettled(hosts.values()))
        if (host.status === 'fulfilled') await host.value.close().catch(tell);
      for (const engine of engines) await engine.close().catch(tell);
    },
  };
}

export function packProber(name: string, fileCapabilities: readonly string[]) {
  const binary = join(import.meta.dirname, 'prober');
  const tag = `localhost/bulkhead-guest/prober-${name}:1`;
  return packBinaryPlugin({ tag, binary, workingDirectory: '/tmp', fileCapabilities });
}

function tell(error: unknown): void {
  console.log(BulkheadError.from(error).message);
}
