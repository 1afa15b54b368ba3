/**
 * TLS over any stream of bytes, in either role. Both sides check that the other one is the one of the handshake line.
 */
import type { Duplex } from 'node:stream';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { SharedReads, withSharedReads } from '../http2/shared-reads.ts';
import { limits } from '../limits.ts';
import { certificateName, type MutualTls } from '../tls/identity.ts';
import { secureContext } from './credentials.ts';

/** Where a socket connects to. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** TLS takes the options of its socket too, which its types don't say. */
type SecureOptions = ConnectionOptions & Pick<SharedReads, 'onread'>;

/** Go's gRPC refuses a connection without it. */
const protocols = ['h2'];

/** Begins TLS as the side that connects. Once the handshake is done, only the pinned certificate has been accepted. */
export function secured(raw: Duplex, tls: MutualTls): TLSSocket {
  return connect({ socket: raw, ...optionsFor(tls) });
}

/** Connects and begins TLS. Reading costs less than with `secured`, because the socket has no user but TLS. */
export function connectSecured(to: SocketAddress, tls: MutualTls): TLSSocket {
  const reads = new SharedReads();
  const options: SecureOptions = { ...optionsFor(tls), ...to, onread: reads.onread };
  return withSharedReads(connect(options), reads);
}

function optionsFor(tls: MutualTls): ConnectionOptions {
  return {
    secureContext: secureContext(tls),
    servername: certificateName,
    ALPNProtocols: protocols,
    // This is stricter than a name: a certificate that the pinned one signed is refused too.
    checkServerIdentity: (_name, certificate) =>
      certificate.raw.equals(tls.peerDer)
        ? undefined
        : new Error('the certificate is not the one from the handshake'),
  };
}

/**
 * Returns a function that takes connections for the side that serves. `accepted` is called for each connection whose
 * other side has proved that it holds the key of the pinned certificate; any other connection is closed.
 */
export function securedServer(tls: MutualTls, accepted: (secure: TLSSocket) => void): (raw: Duplex) => void {
  const server = createServer({
    // The name is always the same: the callback is how a server is given a context that exists already.
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
    secure.on('error', () => undefined); // the calls report what breaks
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
