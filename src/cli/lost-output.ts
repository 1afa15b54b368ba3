/** This text is said when nothing can be written to standard output any more. */
import { describeError } from './describe-error.ts';
import { unpainted } from './output/terminal.ts';
import { unusable } from './user-files.ts';

export function tellOfLostOutput(error: NodeJS.ErrnoException): void {
  for (const line of describeError(unusable('standard output', 'written', error), unpainted)) {
    process.stderr.write(`${line}\n`);
  }
}
