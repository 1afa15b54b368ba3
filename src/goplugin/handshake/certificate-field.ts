/** The certificate in the handshake line: base64 of its DER, without padding (Go: base64.RawStdEncoding). Pure. */
import { X509Certificate } from 'node:crypto';

export function encodeCertificateField(der: Uint8Array): string {
  return Buffer.from(der).toString('base64').replace(/=+$/, '');
}

/** Returns the DER of the certificate, or what is wrong with the field. */
export function decodeCertificateField(field: string): Buffer | { readonly wrong: string } {
  if (field.endsWith('=')) return { wrong: 'is padded with "=", which go-plugin hosts refuse' };
  if (!/^[A-Za-z0-9+/]+$/.test(field) || field.length % 4 === 1) return { wrong: 'is not base64' };
  const der = Buffer.from(field, 'base64');
  try {
    const { raw } = new X509Certificate(der);
    return raw.equals(der) ? der : { wrong: 'is followed by other bytes' };
  } catch {
    return { wrong: 'is not an X.509 certificate' };
  }
}
