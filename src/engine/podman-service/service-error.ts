import { BulkheadError, nameErrorClass, type BulkheadErrorOptions, type ErrorCode } from '../../errors.ts';

/** A Podman service of our own could not be started. */
export class PodmanServiceError extends BulkheadError {
  static {
    nameErrorClass(this, 'PodmanServiceError');
  }

  /** The last lines that the service wrote. */
  readonly output: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: BulkheadErrorOptions & { readonly output?: string } = {},
  ) {
    super(code, message, options);
    this.output = options.output ?? '';
  }
}
