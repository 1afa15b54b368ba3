/** TLS as go-plugin wants it on every connection: each side presents its certificate and accepts exactly one other. */
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import { createSecureContext } from 'node:tls';
import { derToPem, type MutualTls } from '../tls/identity.ts';

/** For the side that connects. Without `tls`, plaintext. */
export function clientCredentials(tls: MutualTls | undefined): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure();
  const context = createSecureContext({
    ca: derToPem(tls.peerDer),
    cert: tls.identity.certificatePem,
    key: tls.identity.privateKeyPem,
    minVersion: 'TLSv1.2',
  });
  return ChannelCredentials.createFromSecureContext(context, {
    // Stricter than a name: a certificate signed by the pinned one is refused too.
    checkServerIdentity: (_name, certificate) =>
      certificate.raw.equals(tls.peerDer)
        ? undefined
        : new Error('the certificate is not the one from the handshake'),
  });
}

/** For the side that serves: the other must present its certificate. */
export function serverCredentials(tls: MutualTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { certificatePem, privateKeyPem } = tls.identity;
  return ServerCredentials.createSsl(
    Buffer.from(derToPem(tls.peerDer)),
    [{ cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(privateKeyPem) }],
    true,
  );
}
