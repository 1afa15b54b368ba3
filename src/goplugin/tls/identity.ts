/** The short-lived certificates of AutoMTLS: each side makes one, and trusts exactly the other's. */
import { generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  bitString,
  boolean,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  printableString,
  sequence,
  set,
  time,
  tlv,
} from './der.ts';

/** A certificate with its key. The key never leaves the process. */
export interface Identity {
  readonly certificateDer: Buffer;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** How one side of a plugin connection proves itself, and whom it accepts. */
export interface MutualTls {
  readonly identity: Identity;
  /** The one certificate that the other side must present. */
  readonly peerDer: Buffer;
}

/** The name that go-plugin puts into its certificates and expects in others', whatever the address. */
export const certificateName = 'localhost';

const generate = promisify(generateKeyPair);

/**
 * Makes a self-signed certificate that Go's TLS accepts in both roles.
 *
 * It uses P-256 where go-plugin itself uses P-521: every Go version accepts it, and both the key and each handshake
 * cost a fraction (the README of this room has the figures).
 */
export async function createIdentity(): Promise<Identity> {
  const { privateKey, publicKey } = await generate('ec', { namedCurve: 'prime256v1' });
  const certificateDer = selfSigned(privateKey, publicKey);
  return {
    certificateDer,
    certificatePem: derToPem(certificateDer),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** PEM text of a DER certificate, with the final newline that go-plugin's own hosts send. */
export function derToPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

function selfSigned(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))), // X.509 version 3
    integer(serialNumber()),
    ecdsaWithSha256,
    subject,
    validity(new Date()),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions),
  );
  return sequence(toBeSigned, ecdsaWithSha256, bitString(sign('sha256', toBeSigned, privateKey)));
}

const subject = sequence(
  set(sequence(objectIdentifier('2.5.4.10'), printableString('HashiCorp'))), // organisation, as go-plugin: mtls.go
  set(sequence(objectIdentifier('2.5.4.3'), printableString(certificateName))),
);

/**
 * Both extended usages are there, because a host's certificate is a client's on the main connection and a server's in
 * the broker.
 */
const extensions = sequence(
  // Key usage: digitalSignature, keyEncipherment, keyAgreement, keyCertSign.
  sequence(objectIdentifier('2.5.29.15'), boolean(true), octetString(Uint8Array.of(0x03, 0x02, 0x02, 0xac))),
  // Extended key usage: clientAuth, serverAuth.
  sequence(
    objectIdentifier('2.5.29.37'),
    octetString(sequence(objectIdentifier('1.3.6.1.5.5.7.3.2'), objectIdentifier('1.3.6.1.5.5.7.3.1'))),
  ),
  // Basic constraints: it is an authority, namely its own.
  sequence(objectIdentifier('2.5.29.19'), boolean(true), octetString(sequence(boolean(true)))),
  // Alternative names: Go takes the name of a server from nowhere else.
  sequence(objectIdentifier('2.5.29.17'), octetString(sequence(tlv(0x82, certificateName)))),
);

/**
 * The certificate is valid from a little in the past, for containers whose clock is behind, for thirty years
 * (go-plugin: mtls.go).
 */
function validity(now: Date): Buffer {
  const from = new Date(now.getTime() - 30_000);
  const until = new Date(now.getTime() + 262_980 * 3_600_000);
  return sequence(time(from), time(until));
}

function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, never zero, always the same length
  return serial;
}
