import { BulkheadError } from '../../errors.ts';

/** A change of the arguments that a settings file gives a runtime. */
export interface ArgumentChange {
  /** Name of the runtime in the settings. */
  readonly runtime: string;
  /** Path of its program, for settings that do not have it yet. */
  readonly program: string | undefined;
  readonly rules: readonly string[];
}

/** A settings file holds something that is not understood, so that it is left as it is. */
export function notUnderstood(what: string): BulkheadError {
  return new BulkheadError('FILE_UNUSABLE', `the settings are left as they are: ${what}`, {
    hint: 'Make the change by hand; `bulkhead doctor` says which.',
  });
}
