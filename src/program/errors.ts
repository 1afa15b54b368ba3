import { BulkheadError, nameErrorClass, type BulkheadErrorOptions } from '../errors.ts';

/** Thrown when a file is not an ELF program that can be read; `reason` says why. */
export class ElfError extends BulkheadError {
  static {
    nameErrorClass(this, 'ElfError');
  }

  /**
   * `not-elf`: the file is something else. `unsupported`: it is 32-bit or big-endian. `damaged`: it is cut short or
   * contradicts itself. `limit`: it claims more than is read of any program.
   */
  readonly reason: ElfErrorReason;
  /** What is wrong, without the name of the file. */
  readonly detail: string;

  constructor(reason: ElfErrorReason, detail: string, file?: string, options: BulkheadErrorOptions = {}) {
    super('ELF_INVALID', file === undefined ? detail : `${file}: ${detail}`, options);
    this.reason = reason;
    this.detail = detail;
  }
}

export type ElfErrorReason = 'not-elf' | 'unsupported' | 'damaged' | 'limit';
