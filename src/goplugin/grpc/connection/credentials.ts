/** The TLS credentials of a connection: each side presents its certificate and accepts exactly one other. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { derToPem, type Identity, type MutualTls } from '../../tls/identity.ts';

/**
 * One context serves all connections of a pair, in both roles, as in Go: making one costs several times the
 * arithmetic of a handshake (the README of this room has the figures).
 */
const contexts = new WeakMap<MutualTls, SecureContext>();
/** Contexts that trust nobody yet. */
const prepared = new WeakMap<Identity, SecureContext>();

/** Makes the context of a certificate, most of its work, while this process waits for the other side's certificate. */
export function prepareContext(identity: Identity): void {
  prepared.set(identity, contextOf(identity, []));
}

export function secureContext(tls: MutualTls): SecureContext {
  const known = contexts.get(tls);
  if (known) return known;
  const { identity, peerDer } = tls;
  const ca = derToPem(peerDer);
  const context = preparedContext(identity, ca) ?? contextOf(identity, [ca]);
  contexts.set(tls, context);
  return context;
}

/** The method with which Node.js adds the option `ca` to a context. Without it, a prepared context is of no use. */
interface Native {
  addCACert?(pem: string): void;
}

/** Returns the context that was prepared, for one pair only: what it trusts can't be taken back. */
function preparedContext(identity: Identity, ca: string): SecureContext | undefined {
  const context = prepared.get(identity);
  prepared.delete(identity);
  const native = context?.context as Native | undefined;
  if (native?.addCACert === undefined) return undefined;
  native.addCACert(ca);
  return context;
}

/** @param ca an empty list stands for no authority at all, not for the usual ones */
function contextOf(identity: Identity, ca: string[]): SecureContext {
  return createSecureContext({
    ca,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Each renegotiation would cost a handshake; neither side of go-plugin ever asks for one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
}
