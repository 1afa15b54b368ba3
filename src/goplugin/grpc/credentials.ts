/** The TLS credentials of a connection: each side presents its certificate and accepts exactly one other. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { derToPem, type Identity, type MutualTls } from '../tls/identity.ts';

/**
 * One context serves all connections of a pair, in both roles, as in Go: making one costs several times the
 * arithmetic of a handshake (the README of this room has the figures).
 */
const contexts = new WeakMap<MutualTls, SecureContext>();
/** Contexts that trust nobody yet, by the identity that they present. */
const prepared = new WeakMap<Identity, SecureContext>();

/** What Node.js has in a context beside what its types tell. */
type Native = { readonly addCACert?: (pem: string) => void } | undefined;

/** Makes all of a context but the certificate that it will trust, while the other side has not told it yet. */
export function prepareContext(identity: Identity): void {
  const context = contextOf(identity, []);
  if (typeof (context.context as Native)?.addCACert === 'function') prepared.set(identity, context);
}

export function secureContext(tls: MutualTls): SecureContext {
  const known = contexts.get(tls);
  if (known) return known;
  const context = trusting(tls);
  contexts.set(tls, context);
  return context;
}

function trusting({ identity, peerDer }: MutualTls): SecureContext {
  const context = prepared.get(identity);
  if (context === undefined) return contextOf(identity, derToPem(peerDer));
  prepared.delete(identity); // nobody else may come to trust this one
  (context.context as Native)?.addCACert?.(derToPem(peerDer));
  return context;
}

/** @param ca an empty list stands for no authority at all, not for the usual ones */
function contextOf(identity: Identity, ca: string | []): SecureContext {
  return createSecureContext({
    ca,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Each renegotiation would cost a handshake; neither side of go-plugin ever asks for one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
}
