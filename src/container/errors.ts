import type { Reason } from '../compatibility/index.ts';
import { BulkheadError, nameErrorClass, type BulkheadErrorOptions } from '../errors.ts';
import { boundedText } from '../foreign-text.ts';

/**
 * Thrown before anything is made, when the facts say that a launch can't work here. Holds every reason with its remedy.
 */
export class LaunchRefusedError extends BulkheadError {
  static {
    nameErrorClass(this, 'LaunchRefusedError');
  }

  readonly reasons: readonly Reason[];

  constructor(image: string, reasons: readonly Reason[], options: BulkheadErrorOptions = {}) {
    super('LAUNCH_REFUSED', `${image} can't run here: ${observed(reasons)}`, {
      hint: remedies(reasons),
      ...options,
    });
    this.reasons = reasons.map(plainReason);
  }
}

/** Escapes the observation, which quotes the engine and the image. */
function plainReason(reason: Reason): Reason {
  return { ...reason, observed: boundedText(reason.observed), remedy: boundedText(reason.remedy) };
}

/**
 * Thrown before anything is made, when it could not be observed whether a launch works here. Holds each unknown and its
 * remedy.
 */
export class LaunchUnknownError extends BulkheadError {
  static {
    nameErrorClass(this, 'LaunchUnknownError');
  }

  readonly reasons: readonly Reason[];

  constructor(image: string, reasons: readonly Reason[], options: BulkheadErrorOptions = {}) {
    super('LAUNCH_UNKNOWN', `whether ${image} can run here is not known: ${observed(reasons)}`, {
      hint: `${remedies(reasons)} To launch it anyway, pass \`override: 'unknown'\`.`,
      ...options,
    });
    this.reasons = reasons.map(plainReason);
  }
}

function observed(reasons: readonly Reason[]): string {
  return reasons.map((reason) => reason.observed).join('; ');
}

function remedies(reasons: readonly Reason[]): string {
  return [...new Set(reasons.map(({ remedy }) => remedy))].join(' ');
}

/** Thrown when the engine has no such image. */
export class ImageNotPresentError extends BulkheadError {
  static {
    nameErrorClass(this, 'ImageNotPresentError');
  }

  readonly image: string;

  constructor(image: string, engine: string, options: BulkheadErrorOptions = {}) {
    super('IMAGE_NOT_PRESENT', `${engine} has no image ${image}`, {
      hint: 'Load or build it there first (bulkhead image load, bulkhead image build); Bulkhead never pulls as part of a launch.',
      ...options,
    });
    this.image = image;
  }
}

/** Thrown when a container could not be removed. Names it, so that nothing is left behind unnoticed. */
export class CleanupError extends BulkheadError {
  static {
    nameErrorClass(this, 'CleanupError');
  }

  readonly containerId: string;
  /** Folder for its sockets, which was left because the container may live. */
  readonly folder: string | undefined;

  constructor(
    containerId: string,
    { folder, ...options }: BulkheadErrorOptions & { readonly folder?: string | undefined } = {},
  ) {
    const left = folder === undefined ? '' : `; its folder ${folder} was left as it is`;
    super('CLEANUP_FAILED', `container ${containerId} could not be removed${left}`, {
      hint: 'When the engine answers again, bulkhead gc removes it if a host made it that is gone; else remove it by hand.',
      ...options,
    });
    this.containerId = containerId;
    this.folder = folder;
  }
}

/** Thrown when the folder for a plugin's sockets could not be removed, although its container was. */
export class FolderCleanupError extends BulkheadError {
  static {
    nameErrorClass(this, 'FolderCleanupError');
  }

  readonly folder: string;

  constructor(folder: string, why: string, options: BulkheadErrorOptions = {}) {
    super('CLEANUP_FAILED', why, {
      hint: 'Remove the folder by hand, as root if a user of the container owns what is in it.',
      ...options,
    });
    this.folder = folder;
  }
}

/** Thrown when the engine could not start the container that it had created. */
export class ContainerStartError extends BulkheadError {
  static {
    nameErrorClass(this, 'ContainerStartError');
  }

  constructor(image: string, thrown: unknown) {
    const { message, hint } = BulkheadError.from(thrown);
    super('CONTAINER_START_FAILED', `the container of ${image} could not be started: ${message}`, {
      cause: thrown,
      hint,
    });
  }
}
