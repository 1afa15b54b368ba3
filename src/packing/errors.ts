import { BulkheadError, nameErrorClass, type BulkheadErrorOptions } from '../errors.ts';
import { fileHintFor, systemReason } from '../thrown-value.ts';

/** Thrown when a program is for another architecture than the image. */
export class ArchitectureMismatchError extends BulkheadError {
  static {
    nameErrorClass(this, 'ArchitectureMismatchError');
  }

  readonly file: string;
  /** Architecture as image configurations name it: `amd64`, `arm64`. */
  readonly expected: string;
  readonly found: string;

  constructor(file: string, expected: string, found: string) {
    super('IMAGE_ARCHITECTURE_MISMATCH', `${file} is built for ${found}; the image is for ${expected}`, {
      hint: `Give a program for ${expected}, or pass \`architecture: '${found}'\`.`,
    });
    this.file = file;
    this.expected = expected;
    this.found = found;
  }
}

/** Thrown when a program can't run in an image that holds nothing but the program. */
export class DynamicBinaryError extends BulkheadError {
  static {
    nameErrorClass(this, 'DynamicBinaryError');
  }

  readonly file: string;
  readonly interpreter: string;

  constructor(file: string, interpreter: string) {
    super(
      'IMAGE_BINARY_DYNAMIC',
      `${file} is linked dynamically: it needs ${interpreter} and shared libraries`,
      {
        hint: 'Build it statically (Go: CGO_ENABLED=0), or pass `withLibraries: true` to pack what it needs from this machine.',
      },
    );
    this.file = file;
    this.interpreter = interpreter;
  }
}

/** Thrown when a shared library of a program, or its loader, is not found on this machine. */
export class LibraryNotFoundError extends BulkheadError {
  static {
    nameErrorClass(this, 'LibraryNotFoundError');
  }

  readonly library: string;
  /** The file that names the library. */
  readonly neededBy: string;
  /** Folders that were searched, in order. */
  readonly searched: readonly string[];

  constructor(library: string, neededBy: string, searched: readonly string[]) {
    super(
      'IMAGE_LIBRARY_NOT_FOUND',
      `${library}, needed by ${neededBy}, was not found in ${searched.join(', ')}`,
      { hint: 'Install the package that brings the library, or use a program that does not need it.' },
    );
    this.library = library;
    this.neededBy = neededBy;
    this.searched = searched;
  }
}

/** Thrown when an npm package that the plugin needs is not installed. */
export class PackageNotFoundError extends BulkheadError {
  static {
    nameErrorClass(this, 'PackageNotFoundError');
  }

  readonly packageName: string;
  /** The folder that was searched: its `node_modules`, then those of the folders above it. */
  readonly neededBy: string;

  constructor(packageName: string, neededBy: string) {
    super('IMAGE_PACKAGE_NOT_FOUND', `npm package ${packageName} was not found in or above ${neededBy}`, {
      hint: 'Install it there (npm install), or name the folder that has it as `packagesFrom`.',
    });
    this.packageName = packageName;
    this.neededBy = neededBy;
  }
}

/** Thrown when a file of the image can't be read, or is of a kind that can't be packed. */
export class ImageFileError extends BulkheadError {
  static {
    nameErrorClass(this, 'ImageFileError');
  }

  readonly file: string;

  constructor(file: string, message: string, options: BulkheadErrorOptions = {}) {
    const reason = systemReason(options.cause);
    super('IMAGE_FILE_UNUSABLE', `${file}: ${message}${reason === undefined ? '' : `: ${reason}`}`, {
      hint: fileHintFor(options.cause),
      ...options,
    });
    this.file = file;
  }
}

/**
 * Thrown when a file changed between measuring the image and writing it, so that the written image is not the announced
 * one.
 */
export class ImageChangedError extends BulkheadError {
  static {
    nameErrorClass(this, 'ImageChangedError');
  }

  constructor(detail: string) {
    super('IMAGE_CHANGED', `the image's content changed while it was written: ${detail}`, {
      hint: 'Pack it again when nothing writes to its files any more.',
    });
  }
}
