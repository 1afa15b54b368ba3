/**
 * A program whose checksum was compared, and which is started as the very file that was read (go-plugin: SecureConfig).
 *
 * Go hashes the file at a path and then starts whatever is at that path. Here the file is opened once, and is hashed
 * and started through its descriptor, so that a file put in its place in between is never run. Writing into the file
 * itself changes its status-change time, which nobody can set back: it is compared once the program runs, when Linux no
 * longer lets anybody write to it.
 */
import { createHash, getHashes, timingSafeEqual } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { InvalidOptionError } from '../../errors.ts';
import { ChecksumError, SubprocessStartError } from './errors.ts';

/** What the executable must be, byte for byte. */
export interface SecureConfig {
  /** The checksum of the executable: bytes, or hexadecimal digits. */
  readonly checksum: Uint8Array | string;
  /** Name of the hash function as node:crypto knows it. Default: `sha256`. */
  readonly hash?: string | undefined;
}

/** @throws InvalidOptionError */
export function checkSecureConfig({ checksum, hash = 'sha256' }: SecureConfig): void {
  if (!getHashes().includes(hash)) {
    throw new InvalidOptionError(
      'secureConfig.hash',
      `there is no hash function ${JSON.stringify(hash)} here`,
    );
  }
  const expected = createHash(hash).digest().length;
  const given = checksumBytes(checksum)?.length;
  if (given !== expected) {
    throw new InvalidOptionError(
      'secureConfig.checksum',
      given === undefined ? 'must be hexadecimal digits' : `has ${given} bytes; ${hash} has ${expected}`,
    );
  }
}

export class CheckedFile implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #path: string;
  /** Its status-change time when it was opened. */
  readonly #changed: bigint;

  private constructor(file: FileHandle, path: string, changed: bigint) {
    this.#file = file;
    this.#path = path;
    this.#changed = changed;
  }

  /** @throws ChecksumError when the checksum differs; SubprocessStartError when it can't be read */
  static async open(path: string, { checksum, hash = 'sha256' }: SecureConfig): Promise<CheckedFile> {
    const file = await open(path).catch((cause: unknown) => {
      throw new SubprocessStartError(path, undefined, cause as NodeJS.ErrnoException);
    });
    try {
      const { ctimeNs } = await file.stat({ bigint: true });
      const found = createHash(hash);
      for await (const chunk of file.createReadStream({ autoClose: false, start: 0 }))
        found.update(chunk as Buffer);
      const expected = checksumBytes(checksum);
      if (!expected || !timingSafeEqual(found.digest(), expected)) throw new ChecksumError(path, hash);
      return new CheckedFile(file, path, ctimeNs);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Descriptor to pass to `spawn`; it becomes the child's descriptor number {@link childDescriptor}. */
  get descriptor(): number {
    return this.#file.fd;
  }

  /**
   * Checks the file again. Call it once the program runs. @throws ChecksumError when the file was written to since it
   * was opened
   */
  async verifyUnchanged(): Promise<void> {
    const { ctimeNs } = await this.#file.stat({ bigint: true });
    if (ctimeNs !== this.#changed) throw new ChecksumError(this.#path, undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

/** The first descriptor after stdin, stdout and stderr. */
export const childDescriptor = 3;

function checksumBytes(checksum: Uint8Array | string): Buffer | undefined {
  if (typeof checksum !== 'string') return Buffer.from(checksum);
  return /^([0-9a-fA-F]{2})+$/.test(checksum) ? Buffer.from(checksum, 'hex') : undefined;
}
