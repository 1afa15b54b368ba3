/** TLS over any stream of bytes, in either role. Both check that the other side is the one from the handshake line. */
import type { Duplex } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { limits } from '../limits.ts';
import { certificateName, type MutualTls } from '../tls/identity.ts';
import { secureContext } from './credentials.ts';

/** Go's gRPC refuses a connection without it. */
const protocols = ['h2'];

/** For the side that connects. Starts a handshake, after which only the pinned certificate has been accepted. */
export function secured(raw: Duplex, tls: MutualTls): TLSSocket {
  return connect({
    socket: raw,
    secureContext: secureContext(tls),
    servername: certificateName,
    ALPNProtocols: protocols,
    // Stricter than a name: a certificate signed by the pinned one is refused too.
    checkServerIdentity: (_name, certificate) =>
      certificate.raw.equals(tls.peerDer)
        ? undefined
        : new Error('the certificate is not the one from the handshake'),
  });
}

/**
 * For the side that serves: a function that takes connections. `accepted` is called for each of which the other side
 * has proved that it holds the key of the pinned certificate; any other is hung up on.
 */
export function securedServer(tls: MutualTls, accepted: (secure: TLSSocket) => void): (raw: Duplex) => void {
  const server = createServer({
    // The name is always the same: this is how a server is given a context that there is already.
    SNICallback: (_name, done) => {
      done(null, secureContext(tls));
    },
    ca: [],
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: protocols,
    handshakeTimeout: limits.tlsHandshakeMs.value,
  });
  server.on('secureConnection', (secure) => {
    secure.on('error', () => undefined); // what breaks is told by the calls
    if (secure.getPeerX509Certificate()?.raw.equals(tls.peerDer) === true) accepted(secure);
    else secure.destroy();
  });
  server.on('tlsClientError', (_error, secure) => {
    secure.destroy();
  });
  return (raw) => {
    server.emit('connection', raw);
  };
}
