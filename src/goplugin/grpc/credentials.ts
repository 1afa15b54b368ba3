/** The TLS credentials of a connection: each side presents its certificate and accepts exactly one other. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { derToPem, type MutualTls } from '../tls/identity.ts';

/**
 * One context serves all connections of a pair, in both roles, as in Go: making one costs several times the
 * arithmetic of a handshake (the README of this room has the figures).
 */
const contexts = new WeakMap<MutualTls, SecureContext>();

export function secureContext(tls: MutualTls): SecureContext {
  const known = contexts.get(tls);
  if (known) return known;
  const context = createSecureContext({
    ca: derToPem(tls.peerDer),
    cert: tls.identity.certificatePem,
    key: tls.identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Each renegotiation would cost a handshake; neither side of go-plugin ever asks for one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
  contexts.set(tls, context);
  return context;
}
