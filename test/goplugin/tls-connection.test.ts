/** Who is let in by a server of a plugin connection, and whom its client accepts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { secured, securedServer } from '../../src/goplugin/grpc/tls-connection.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { socketPair } from './fixtures/sockets.ts';

const limits = { timeout: 20_000 };

const [host, plugin, stranger] = await Promise.all([createIdentity(), createIdentity(), createIdentity()]);
const hostSide = { identity: host, peerDer: plugin.certificateDer };
const pluginSide = { identity: plugin, peerDer: host.certificateDer };
const ca = plugin.certificatePem;
const alpn = { servername: 'localhost', ALPNProtocols: ['h2'] };

test('lets in the side that was announced, in either direction', limits, async () => {
  for (const [client, server] of [
    [hostSide, pluginSide],
    [pluginSide, hostSide],
  ] as const) {
    const { accepted, end } = await meet(server, (raw) => secured(raw, client));
    assert.equal((await accepted)?.alpnProtocol, 'h2');
    end();
  }
});

const intruders: Readonly<Record<string, Parameters<typeof meet>[1]>> = {
  'without a certificate': (socket) => connect({ socket, ca, ...alpn }),
  'with the certificate of another': (socket) =>
    connect({ socket, ca, cert: stranger.certificatePem, key: stranger.privateKeyPem, ...alpn }),
  'that names no host': (socket) =>
    connect({
      socket,
      ca,
      cert: host.certificatePem,
      key: host.privateKeyPem,
      ALPNProtocols: ['h2'],
      servername: '',
    }),
  'that speaks TLS 1.1': (socket) =>
    connect({ socket, ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0', ...alpn }),
  'that speaks no TLS': (socket) => {
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    return socket;
  },
};

for (const [what, intrude] of Object.entries(intruders)) {
  test(`lets in nobody ${what}`, limits, async () => {
    const { accepted, end } = await meet(pluginSide, intrude);
    assert.equal(await accepted, undefined);
    end();
  });
}

test('refuses a server that is not the one from the handshake', limits, async () => {
  const other = { identity: stranger, peerDer: host.certificateDer };
  const { client, end } = await meet(other, (raw) => secured(raw, hostSide));
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /SELF_SIGNED|SIGNATURE|UNABLE/);
  end();
});

/** A client and a server on two ends of a socket. `accepted` is undefined when the server hangs up. */
async function meet(server: Parameters<typeof securedServer>[0], client: (raw: Socket) => Socket) {
  const [near, far] = await socketPair();
  const accepted = new Promise<TLSSocket | undefined>((resolve) => {
    securedServer(server, resolve)(far);
    far.once('close', () => {
      resolve(undefined);
    });
  });
  const connecting = client(near);
  connecting.on('error', () => undefined);
  return {
    accepted,
    client: connecting,
    end: () => {
      connecting.destroy();
      near.destroy();
      far.destroy();
    },
  };
}
