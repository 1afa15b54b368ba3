import { certificateBundle } from './certificates.ts';
import type { ImageConfig } from './docker-archive.ts';
import type { ImageFile } from './image-files.ts';
import { timeZones } from './time-zones.ts';

/** Data of this machine that a plugin may need, and that no program carries with it. */
export interface HostDataOptions {
  /**
   * Also packs CA certificates, without which a plugin can't speak TLS with the world: those of this machine, or those
   * of a file in PEM form. The labels `io.bulkhead.ca_path`, `ca_count` and `ca_sha256` of the image say which. Default
   * false.
   */
  readonly withCertificates?: boolean | string | undefined;
  /**
   * Also packs time zone data: those of this machine, or those of a folder. The labels `io.bulkhead.tz_path`,
   * `tz_count` and `tz_sha256` of the image say which. Default false.
   */
  readonly withTimeZones?: boolean | string | undefined;
}

/** Where most programs look for CA certificates: Go, OpenSSL of Debian, curl. */
export const certificatesPath = '/etc/ssl/certs/ca-certificates.crt';

interface HostData extends Pick<ImageConfig, 'env' | 'labels'> {
  readonly files: readonly ImageFile[];
}

/**
 * Reads what the options ask for.
 *
 * @param variables variables that name the file with the certificates to programs that do not look there
 * @throws {ImageFileError} this machine does not have it
 */
export async function hostData(
  { withCertificates = false, withTimeZones = false }: HostDataOptions,
  variables: readonly string[],
): Promise<HostData> {
  const files: ImageFile[] = [];
  const labels: Record<string, string> = {};
  const env: Record<string, string> = {};
  const note = (what: string, { source, count, sha256 }: Found): void => {
    labels[`io.bulkhead.${what}_path`] = source;
    labels[`io.bulkhead.${what}_count`] = String(count);
    labels[`io.bulkhead.${what}_sha256`] = sha256;
  };
  if (withCertificates !== false) {
    const bundle = await certificateBundle(named(withCertificates));
    files.push({ path: certificatesPath, content: bundle.pem });
    for (const name of variables) env[name] = certificatesPath;
    note('ca', bundle);
  }
  if (withTimeZones !== false) {
    const zones = await timeZones(named(withTimeZones));
    files.push(...zones.files);
    note('tz', zones);
  }
  return { files, labels, env };
}

interface Found {
  readonly source: string;
  readonly count: number;
  readonly sha256: string;
}

function named(option: boolean | string): string | undefined {
  return typeof option === 'string' ? option : undefined;
}
