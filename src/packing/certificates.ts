import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { variableOf } from '../linux/standard-folders.ts';
import { ImageFileError } from './errors.ts';

/** Where distributions keep all CA certificates in one file. */
const usualBundles = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch, Gentoo
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL and their relatives
  '/etc/pki/tls/certs/ca-bundle.crt', // RHEL 6 and relatives
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/var/lib/ca-certificates/ca-bundle.pem', // SUSE, where the link is missing
  '/etc/ca-certificates/extracted/tls-ca-bundle.pem', // Arch, where the link is missing
  '/etc/ssl/cert.pem', // Alpine without the package ca-certificates, and the BSDs
  '/etc/pki/tls/cacert.pem', // OpenELEC
  '/etc/ssl/certs/ca-bundle.crt', // NixOS
];

/** The largest bundles of distributions have some 250 KiB. */
const longestBundle = 16 << 20;

/** CA certificates of this machine. */
export interface CertificateBundle {
  /** The file that they come from, as it was named or found. */
  readonly source: string;
  /** The certificates alone, without comments and whatever else the file holds. */
  readonly pem: string;
  readonly count: number;
  /** Of `pem`, in hexadecimal digits. */
  readonly sha256: string;
}

export interface HostPlaces {
  /** Variables in which a user names other places; an empty one counts as not set. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Folder below which the usual places are looked for. Default: the root. */
  readonly root?: string | undefined;
}

/**
 * Reads the CA certificates of this machine: from `file`, or the file that SSL_CERT_FILE names, or the first of the
 * places of the usual distributions. A private key that the file may hold too is not taken.
 *
 * @throws {ImageFileError} there is no bundle, it can't be read, or it has no certificate
 */
export async function certificateBundle(
  file: string | undefined,
  { environment = process.env, root = '/' }: HostPlaces = {},
): Promise<CertificateBundle> {
  const named = file ?? variableOf(environment, 'SSL_CERT_FILE');
  const source = named ?? (await firstBundle(root));
  const path = named ?? join(root, source);
  const text = await readBundle(path);
  const certificates = [
    ...text.matchAll(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g),
  ].map(([block]) => `${block.replace(/\r\n?/g, '\n')}\n`);
  if (certificates.length === 0) {
    throw new ImageFileError(path, 'has no certificate in PEM form (BEGIN CERTIFICATE)', {
      hint: giveBundle,
    });
  }
  const pem = certificates.join('');
  const sha256 = createHash('sha256').update(pem).digest('hex');
  return { source, pem, count: certificates.length, sha256 };
}

const giveBundle =
  'Install the package ca-certificates, or name a file with CA certificates in PEM form (`withCertificates`).';

async function firstBundle(root: string): Promise<string> {
  for (const path of usualBundles) {
    const found = await stat(join(root, path)).catch(() => undefined);
    if (found?.isFile() === true && found.size > 0) return path;
  }
  throw new ImageFileError(
    join(root, usualBundles[0] ?? ''),
    `this machine has no bundle of CA certificates there, nor at ${usualBundles.slice(1).join(', ')}`,
    { hint: giveBundle },
  );
}

async function readBundle(path: string): Promise<string> {
  try {
    const found = await stat(await realpath(path));
    if (!found.isFile()) throw new ImageFileError(path, 'is not a regular file', { hint: giveBundle });
    if (found.size > longestBundle) {
      throw new ImageFileError(path, `has ${found.size} bytes; a bundle has at most ${longestBundle}`);
    }
    return await readFile(path, 'latin1');
  } catch (cause) {
    if (cause instanceof ImageFileError) throw cause;
    throw new ImageFileError(path, "can't be read as CA certificates", { cause, hint: giveBundle });
  }
}
