import { nameErrorClass } from '../../errors.ts';
import { PluginError } from '../errors.ts';

/** The executable could not be started; `cause` is the system's own error. */
export class SubprocessStartError extends PluginError {
  static {
    nameErrorClass(this, 'SubprocessStartError');
  }

  constructor(command: string, cwd: string | undefined, cause: NodeJS.ErrnoException) {
    const where = cwd === undefined ? '' : ` in ${cwd}`;
    super(
      'SUBPROCESS_START_FAILED',
      `${command} could not be started${where}: ${cause.code ?? cause.message}`,
      {
        phase: 'start',
        plugin: command,
        cause,
        hint: hintFor(cause.code, cwd),
      },
    );
  }
}

/** The executable has another checksum than it should. It was not started, or was ended at once. */
export class ChecksumError extends PluginError {
  static {
    nameErrorClass(this, 'ChecksumError');
  }

  /** @param hash the hash function that was used; `undefined` when the file was changed while it was started */
  constructor(command: string, hash: string | undefined) {
    super(
      'SUBPROCESS_CHECKSUM_MISMATCH',
      hash === undefined
        ? `${command} was changed while it was started`
        : `${command} does not have the ${hash} checksum that it should have`,
      {
        phase: 'start',
        plugin: command,
        hint: 'Find out who changed the file before you run it, or give the checksum of the new one.',
      },
    );
  }
}

function hintFor(code: string | undefined, cwd: string | undefined): string | undefined {
  switch (code) {
    case 'ENOENT':
      return `There is no such file, or the interpreter in its first line is missing${cwd === undefined ? '' : `, or there is no directory ${cwd}`}.`;
    case 'EACCES':
      return 'The file must be executable by this user (chmod +x), and so must the directories on the way.';
    case 'ENOEXEC':
      return 'The file is not a program for this machine: it was built for another processor or system, or its first line is missing.';
    default:
      return undefined;
  }
}
