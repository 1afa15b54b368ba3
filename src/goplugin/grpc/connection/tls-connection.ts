/**
 * TLS over any stream of bytes, in either role. Both sides check that the other one is the one of the handshake line.
 */
import type { Duplex } from 'node:stream';
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls';
import { SharedReads, withSharedReads } from '../../http2/shared-reads.ts';
import { limits } from '../../limits.ts';
import { certificateName, type MutualTls } from '../../tls/identity.ts';
import { secureContext } from './credentials.ts';

/** Where a socket connects to. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** TLS takes the options of its socket too, which its types don't say. */
type SecureOptions = ConnectionOptions & Pick<SharedReads, 'onread'>;

/** Go's gRPC refuses a connection without it. */
const protocols = ['h2'];

/** Begins TLS as the side that connects. Once the handshake is done, only the pinned certificate has been accepted. */
export function secured(raw: Duplex, tls: MutualTls): TLSSocket {
  return certificateAsItIs(connect({ socket: raw, ...optionsFor(tls) }));
}

/** Connects and begins TLS. Reading costs less than with `secured`, because the socket has no user but TLS. */
export function connectSecured(to: SocketAddress, tls: MutualTls): TLSSocket {
  const reads = new SharedReads();
  const options: SecureOptions = { ...optionsFor(tls), ...to, onread: reads.onread };
  return withSharedReads(certificateAsItIs(connect(options)), reads);
}

function optionsFor(tls: MutualTls): ConnectionOptions {
  return {
    secureContext: secureContext(tls),
    servername: certificateName,
    ALPNProtocols: protocols,
    // This is stricter than a name: a certificate that the pinned one signed is refused too.
    checkServerIdentity: (_name, certificate) =>
      isPinned(certificate.raw, tls)
        ? undefined
        : new Error('the certificate is not the one from the handshake'),
  };
}

/**
 * Has the check of a server's identity be given nothing but the bytes of its certificate. Node.js would describe the
 * certificate field by field, which takes half as long as the verification of a P-521 signature, and nothing here reads it.
 */
function certificateAsItIs(socket: TLSSocket): TLSSocket {
  const certificate = (): object => ({ raw: socket.getPeerX509Certificate()?.raw });
  return Object.assign(socket, { getPeerCertificate: certificate });
}

function isPinned(der: Buffer | undefined, { peerDer }: MutualTls): boolean {
  return der?.equals(peerDer) === true;
}

/**
 * Returns a function that takes connections for the side that serves. `accepted` is called for each connection whose
 * other side has proved that it holds the key of the pinned certificate; any other connection is closed.
 */
export function securedServer(tls: MutualTls, accepted: (secure: TLSSocket) => void): (raw: Duplex) => void {
  return (raw) => {
    const idle = idleAcceptors.get(tls) ?? [];
    idleAcceptors.set(tls, idle);
    (idle.pop() ?? new Acceptor(tls, idle)).take(raw, accepted);
  };
}

/**
 * Those without a handshake, for the next connection of their pair. A brokered service is often used for one connection,
 * and a server of TLS costs as much as a third of a handshake.
 */
const idleAcceptors = new WeakMap<MutualTls, Acceptor[]>();
const mostIdle = 2;

/** Makes the handshakes of the side that serves, one after the other, so that it is known whose connection is ready. */
class Acceptor {
  readonly #server: Server;
  readonly #idle: Acceptor[];
  #accepted: ((secure: TLSSocket) => void) | undefined;

  constructor(tls: MutualTls, idle: Acceptor[]) {
    this.#idle = idle;
    this.#server = createServer({
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
    // For each connection one of these is told, once.
    this.#server.on('secureConnection', (secure) => {
      const accepted = this.#done();
      secure.on('error', () => undefined); // the calls report what breaks
      if (accepted && isPinned(secure.getPeerX509Certificate()?.raw, tls)) accepted(secure);
      else secure.destroy();
    });
    this.#server.on('tlsClientError', (_error, secure) => {
      this.#done();
      secure.destroy();
    });
  }

  take(raw: Duplex, accepted: (secure: TLSSocket) => void): void {
    this.#accepted = accepted;
    this.#server.emit('connection', raw);
  }

  #done(): ((secure: TLSSocket) => void) | undefined {
    const accepted = this.#accepted;
    this.#accepted = undefined;
    if (accepted && this.#idle.length < mostIdle) this.#idle.push(this);
    return accepted;
  }
}
