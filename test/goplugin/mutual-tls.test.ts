/** Who is let in under AutoMTLS, on both sides. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { openChannel } from '../../src/goplugin/grpc/client/channel.ts';
import { createIdentity } from '../../src/goplugin/tls/identity.ts';
import { leavingNothing } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

test('a plugin lets nobody in who has no certificate, or another than its host', limits, async (t) => {
  const stranger = await createIdentity();
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    const path = plugin.handshake.hostAddress.address;
    const visits: readonly (readonly [what: string, options: ConnectionOptions])[] = [
      ['no certificate', {}],
      ['a certificate of its own', { cert: stranger.certificatePem, key: stranger.privateKeyPem }],
      ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }],
    ];
    for (const [what, options] of visits) assert.equal(await greeting(path, options), '', what);
    assert.equal(await plainGreeting(path), '', 'no TLS');
    await plugin.health();
    // Where everybody is let in, there is a greeting.
    await using open = await startFixture({ autoMtls: false });
    assert.notEqual(await plainGreeting(open.handshake.hostAddress.address, 9), '');
  });
});

test('a host offers h2 and presents the certificate that it announced', limits, async (t) => {
  const [host, plugin] = await Promise.all([createIdentity(), createIdentity()]);
  await leavingNothing(t, async ({ work }) => {
    const path = join(work, 's');
    const server = createServer({
      cert: plugin.certificatePem,
      key: plugin.privateKeyPem,
      ca: host.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
    }).listen(path);
    await once(server, 'listening');
    const channel = openChannel(
      { network: 'unix', address: path },
      { identity: host, peerDer: plugin.certificateDer },
    );
    channel.connect();
    const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
    assert.equal(socket.alpnProtocol, 'h2');
    assert.ok(socket.getPeerCertificate().raw.equals(host.certificateDer));
    assert.match(socket.getProtocol() ?? '', /^TLSv1\.[23]$/);
    channel.close();
    socket.destroy();
    server.close();
  });
});

/** What the other side says, until it hangs up, to the preface of HTTP/2. */
function greeting(path: string, options: ConnectionOptions): Promise<string> {
  const raw = connectSocket(path);
  // Whoever the plugin is does not matter here.
  const socket = connect({ socket: raw, ALPNProtocols: ['h2'], rejectUnauthorized: false, ...options });
  return said(socket);
}

/** @param enough bytes after which this side hangs up */
function plainGreeting(path: string, enough?: number): Promise<string> {
  return said(connectSocket(path), enough);
}

function said(socket: TLSSocket | ReturnType<typeof connectSocket>, enough = Infinity): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.length >= enough) socket.destroy();
    });
    socket.once('close', () => {
      // A TLS alert is a refusal, not a greeting.
      resolve(text.startsWith('\u0015') ? '' : text);
    });
    socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(3)}\u0004${'\0'.repeat(5)}`);
  });
}
