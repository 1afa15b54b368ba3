/** Client certificates for users of a database (RFC 5280; Vault: builtin/logical/database, credentials.go). */
import {
  createPrivateKey,
  generateKeyPair,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidOptionError } from '../../errors.ts';
import { der, derToPem } from '../../goplugin/internal.ts';
import type { ClientCertificateRequest } from './vault-database.ts';

const { bitString, boolean, explicit, integer, objectIdentifier, octetString, sequence, set, time, tlv } =
  der;

export interface IssuedCertificate {
  /** The distinguished name, as RFC 2253 writes it. */
  readonly subject: string;
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
}

/** @throws InvalidOptionError for an authority that is none, or is over before the certificate */
export async function issueCertificate(
  { commonName, authority, keyType = 'rsa' }: ClientCertificateRequest,
  expiresAt: Date,
): Promise<IssuedCertificate> {
  const issuer = readAuthority(authority, expiresAt);
  const { publicKey, privateKey } = await keyPairs[keyType]();
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))), // X.509 version 3
    integer(serialNumber()),
    issuer.algorithm.identifier,
    issuer.name,
    sequence(time(new Date(Date.now() - clockToleranceMs)), time(expiresAt)),
    sequence(set(sequence(objectIdentifier('2.5.4.3'), tlv(0x0c, Buffer.from(commonName))))),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions(issuer.keyId)),
  );
  const signature = sign(issuer.algorithm.hash, toBeSigned, issuer.key);
  return {
    subject: `CN=${escapedName(commonName)}`,
    certificate: derToPem(sequence(toBeSigned, issuer.algorithm.identifier, bitString(signature))),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** For a database whose clock is behind. */
const clockToleranceMs = 30_000;

const generate = promisify(generateKeyPair);
const keyPairs = {
  rsa: () => generate('rsa', { modulusLength: 2048 }),
  ec: () => generate('ec', { namedCurve: 'prime256v1' }),
  ed25519: () => promisify(generateKeyPair)('ed25519'),
} as const;

interface Authority {
  /** The name of the authority in DER, as it is in its own certificate. */
  readonly name: Buffer;
  readonly keyId: Buffer | undefined;
  readonly key: KeyObject;
  readonly algorithm: SignatureAlgorithm;
}

function readAuthority(
  { certificate: pem, privateKey }: ClientCertificateRequest['authority'],
  expiresAt: Date,
): Authority {
  const refuse = (what: string): never => {
    throw new InvalidOptionError('credential.issue.authority', what);
  };
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(pem);
    key = createPrivateKey(privateKey);
  } catch {
    return refuse('must be a certificate and a private key in PEM'); // the cause might quote the key
  }
  if (!certificate.ca) return refuse('must be a certificate of an authority');
  if (!certificate.checkPrivateKey(key)) return refuse('must have the key of its certificate');
  if (expiresAt.getTime() > Date.parse(certificate.validTo)) return refuse('ends before the certificate');
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) return refuse('must have an RSA, P-256, P-384 or Ed25519 key');
  return { ...namesOf(certificate.raw), key, algorithm };
}

interface SignatureAlgorithm {
  readonly identifier: Buffer;
  /** `null` for keys that bring their own. */
  readonly hash: 'sha256' | 'sha384' | null;
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm | undefined {
  const identified = (id: string, ...parameters: Buffer[]) => sequence(objectIdentifier(id), ...parameters);
  if (asymmetricKeyType === 'rsa')
    return { identifier: identified('1.2.840.113549.1.1.11', tlv(0x05)), hash: 'sha256' };
  if (asymmetricKeyType === 'ed25519') return { identifier: identified('1.3.101.112'), hash: null };
  switch (asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return { identifier: identified('1.2.840.10045.4.3.2'), hash: 'sha256' };
    case 'secp384r1':
      return { identifier: identified('1.2.840.10045.4.3.3'), hash: 'sha384' };
    default:
      return undefined;
  }
}

function extensions(authorityKeyId: Buffer | undefined): Buffer {
  return sequence(
    // Key usage: digitalSignature.
    sequence(
      objectIdentifier('2.5.29.15'),
      boolean(true),
      octetString(Uint8Array.of(0x03, 0x02, 0x07, 0x80)),
    ),
    // Extended key usage: clientAuth.
    sequence(objectIdentifier('2.5.29.37'), octetString(sequence(objectIdentifier('1.3.6.1.5.5.7.3.2')))),
    // Basic constraints: no authority.
    sequence(objectIdentifier('2.5.29.19'), boolean(true), octetString(sequence())),
    ...(authorityKeyId === undefined
      ? []
      : [sequence(objectIdentifier('2.5.29.35'), octetString(sequence(tlv(0x80, authorityKeyId))))]),
  );
}

/** Reads subject and subject key identifier out of a certificate that Node.js has parsed already, so its DER is sound. */
function namesOf(raw: Buffer): { readonly name: Buffer; readonly keyId: Buffer | undefined } {
  const [certificate] = contents(raw);
  const [toBeSigned] = contents(certificate?.content ?? raw);
  const fields = contents(toBeSigned?.content ?? raw).filter(({ tag }) => tag !== 0xa0);
  // Serial number, algorithm, issuer, validity, subject.
  const name = fields[4]?.whole ?? Buffer.alloc(0);
  const list = fields.find(({ tag }) => tag === 0xa3);
  const all = list === undefined ? [] : contents(contents(list.content)[0]?.content ?? list.content);
  const id = objectIdentifier('2.5.29.14');
  const found = all
    .map(({ content }) => contents(content))
    .find(([first]) => first?.whole.equals(id) === true);
  const value = found?.at(-1)?.content;
  return { name, keyId: value && contents(value)[0]?.content };
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** The elements that stand one after the other. */
function contents(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const first = bytes[at + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
    const begin = at + 2 + octets;
    const whole = bytes.subarray(at, begin + length);
    elements.push({ tag: bytes[at] ?? 0, content: bytes.subarray(begin, begin + length), whole });
    at = begin + length;
  }
  return elements;
}

function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, never zero, always the same length
  return serial;
}

/** RFC 2253, 2.4. */
function escapedName(name: string): string {
  return name.replace(/[,+"\\<>;]|^[# ]| $/g, (found) => `\\${found}`);
}
