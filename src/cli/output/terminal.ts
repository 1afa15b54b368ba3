import { plainText } from './plain-text.ts';
import { cutToWidth } from './width.ts';

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Terminal {
  /**
   * Prints a line of the result. Characters that steer a terminal are shown by their numbers, unless `paint` made them.
   */
  readonly out: (line: string) => void;
  /** Prints a line for people, beside the result. */
  readonly err: (line: string) => void;
  /** Shows progress in a line that is overwritten, if the output is a terminal. '' removes the line. */
  readonly progress: (line: string) => void;
  /** Colours text for `out`. */
  readonly paint: Paint;
  /** Colours text for `err`. */
  readonly paintErr: Paint;
}

/** Colours a text, if colours are used. The text must be plain: see `plainText`. */
export type Paint = (colour: Colour, text: string) => string;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof codes;

export const unpainted: Paint = (_colour, text) => text;

const painted: Paint = (colour, text) => (text === '' ? '' : `\u001b[${codes[colour]}m${text}\u001b[0m`);

/** The escape sequences that `paint` writes. No others reach a stream. */
const paints = new RegExp(`(\\u001b\\[(?:0|${Object.values(codes).join('|')})m)`);

/** Checks every line a last time, in case foreign text was not passed through `plainText`. */
function harmless(line: string): string {
  return line
    .split(paints)
    .map((part, at) => (at % 2 === 1 ? part : plainText(part)))
    .join('');
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A terminal on two streams. A stream gets colours and progress only if it is a terminal (https://no-color.org). */
export function terminalOn(stdout: Stream, stderr: Stream, environment: Environment): Terminal {
  const colours = !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  const watched = stderr.isTTY === true && environment['TERM'] !== 'dumb';
  let shown = false;
  const erase = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    out(line) {
      erase();
      stdout.write(`${harmless(line)}\n`);
    },
    err(line) {
      erase();
      stderr.write(`${harmless(line)}\n`);
    },
    progress(line) {
      erase();
      if (!watched || line === '') return;
      const room = columnsOf(stderr, environment) - 1;
      if (room < 1) return;
      stderr.write(cutToWidth(plainText(line).replaceAll('\n', ' '), room));
      shown = true;
    },
    paint: colours && stdout.isTTY === true ? painted : unpainted,
    paintErr: colours && stderr.isTTY === true ? painted : unpainted,
  };
}

/** The width of a stream. A terminal that does not know its width reports 0; then the variable tells, if it is sound. */
function columnsOf({ columns = 0 }: Stream, { COLUMNS: set = '' }: Environment): number {
  if (columns > 0) return columns;
  return /^[1-9]\d{0,4}$/.test(set) ? Number(set) : 80;
}
