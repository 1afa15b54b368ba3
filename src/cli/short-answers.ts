/** The answers to `bulkhead version` and `bulkhead --help`, which need nothing of what other command lines load. */
import { versionLine } from './package-version.ts';

const versionWords: readonly string[] = ['version', '--version', '-version', '-v'];
const helpWords: readonly string[] = ['help', '--help', '-help', '-h'];

/** @returns whether the words, those after `bulkhead`, ask for one of them */
export async function giveShortAnswer([word = '', ...others]: readonly string[]): Promise<boolean> {
  if (others.length > 0) return false;
  if (versionWords.includes(word)) print(versionLine());
  else if (helpWords.includes(word)) print((await import('./overview-text.ts')).overviewText);
  else return false;
  return true;
}

function print(text: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return; // the reader of a pipe has gone, as `head` does
    process.exitCode = 3;
    void import('./lost-output.ts').then(({ tellOfLostOutput }) => {
      tellOfLostOutput(error);
    });
  });
  process.stderr.on('error', () => undefined);
  process.stdout.write(`${text}\n`);
}
