import { boundedText } from '../foreign-text.ts';

/** Thrown for a wrong command line; leads to exit code 2 and the command's usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(boundedText(message)); // the message may quote names that a plugin chose
  }
}
