import { PluginError } from '../errors.ts';

/** The executable could not be started; `cause` is the system's own error. */
export class SubprocessStartError extends PluginError {
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

function hintFor(code: string | undefined, cwd: string | undefined): string | undefined {
  switch (code) {
    case 'ENOENT':
      return `There is no such file, or the interpreter in its first line is missing${cwd === undefined ? '' : `, or there is no directory ${cwd}`}.`;
    case 'EACCES':
      return 'The file must be executable by this user (chmod +x), and so must the directories on the way.';
    case 'ENOEXEC':
      return 'The file is no program for this machine: it was built for another processor or system, or lacks its first line.';
    default:
      return undefined;
  }
}
