/** Sockets of this machine that no plugin may reach. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

export interface Reachable extends AsyncDisposable {
  /** Name of an abstract unix socket, without the zero before it. */
  readonly abstract: string;
  readonly port: number;
}

export async function reachable(): Promise<Reachable> {
  const abstract = `bulkhead-attack-${randomUUID()}`;
  const servers = [createServer(hangUp), createServer(hangUp)];
  const [unix, tcp] = servers as [Server, Server];
  unix.listen(`\0${abstract}`);
  tcp.listen(0, '0.0.0.0');
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return {
    abstract,
    port: (tcp.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.close();
        await once(server, 'close');
      }
    },
  };
}

function hangUp(peer: { destroy(): void }): void {
  peer.destroy();
}
