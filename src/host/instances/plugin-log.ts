/** The log of a plugin: the last lines that it wrote. */
import { boundedText } from '../../foreign-text.ts';
import type { LogEntry, OutputChunk, OutputTail } from '../../goplugin/index.ts';
import { crashBegin, LineSplitter } from '../../goplugin/internal.ts';

export interface PluginLogLine {
  readonly at: Date;
  /** Number of the generation that wrote the line. */
  readonly generation: number;
  readonly stream: 'stdout' | 'stderr';
  readonly level: LogEntry['level'];
  /**
   * The text as the plugin wrote it. It may hold control characters that steer a terminal, so don't print it as it is.
   */
  readonly text: string;
}

/** How many lines are kept, and how many characters they may have in all. */
export const keptLines = 1000;
export const keptCharacters = 4 * 1024 * 1024;
/** A longer line is kept in pieces of this many bytes. A longer structured line is cut after this many characters. */
export const longestKeptLine = 16 * 1024;
/** How much of the log an error carries: lines and characters of each stream. */
const tailLines = 40;
const tailCharacters = 8 * 1024;
/** How much of the beginning of a crash report comes before that, where it is not among the last lines. */
const reportLines = 10;
const reportCharacters = 2 * 1024;
/** Length of the words about what is left out, at most. */
const longestMark = 60;
/** Streams whose last line is incomplete. Two generations with two streams each may overlap. */
const mostUnfinished = 8;

export class PluginLog {
  readonly #lines: PluginLogLine[] = [];
  readonly #listeners = new Set<(line: PluginLogLine) => unknown>();
  readonly #unfinished = new Map<string, LineSplitter>();
  #characters = 0;
  #warned = false;

  lines(): readonly PluginLogLine[] {
    return [...this.#lines];
  }

  /**
   * Calls the listener for each line. What it throws becomes a process warning.
   *
   * @returns a function that ends the listening
   */
  follow(listener: (line: PluginLogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  logged(generation: number, entry: LogEntry): void {
    this.#add({ at: new Date(), generation, stream: 'stderr', level: entry.level, text: textOf(entry) });
  }

  printed(generation: number, { stream, data }: OutputChunk): void {
    for (const { bytes } of this.#splitter(`${generation} ${stream}`).push(data)) {
      this.#add({ at: new Date(), generation, stream, level: 'info', text: bytes.toString('utf8') });
    }
  }

  /** What an error carries of what one generation wrote: the first lines of its last crash report, and the last lines. */
  tail(generation: number): OutputTail {
    const of = (stream: 'stdout' | 'stderr'): string => {
      const lines = this.#lines
        .filter((line) => line.generation === generation && line.stream === stream)
        .map(({ text }) => text);
      const last = lines.slice(-tailLines).join('\n').slice(-tailCharacters);
      const report = lines.findLastIndex((text) => crashBegin.test(text));
      const left = lines.length - tailLines - reportLines - report;
      if (report < 0 || left <= 0) return last;
      const begin = lines
        .slice(report, report + reportLines)
        .join('\n')
        .slice(0, reportCharacters);
      return `${begin}\n... ${left} lines are left out here ...\n${last.slice(-(tailCharacters - begin.length - longestMark))}`;
    };
    return { stdout: of('stdout'), stderr: of('stderr') };
  }

  #splitter(key: string): LineSplitter {
    const known = this.#unfinished.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#unfinished.keys();
    if (oldest !== undefined && this.#unfinished.size >= mostUnfinished) this.#unfinished.delete(oldest);
    const splitter = new LineSplitter(longestKeptLine);
    this.#unfinished.set(key, splitter);
    return splitter;
  }

  #add(line: PluginLogLine): void {
    this.#lines.push(line);
    this.#characters += line.text.length;
    while (this.#lines.length > keptLines || this.#characters > keptCharacters) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0;
    }
    for (const listener of this.#listeners) this.#tell(listener, line);
  }

  /** Calls one listener. An error that it throws stops neither the other listeners nor the reader of the log. */
  #tell(listener: (line: PluginLogLine) => unknown, line: PluginLogLine): void {
    try {
      const told = listener(line);
      if (told instanceof Promise) told.catch(this.#warn);
    } catch (error) {
      this.#warn(error);
    }
  }

  readonly #warn = (error: unknown): void => {
    if (this.#warned) return;
    this.#warned = true;
    const words = error instanceof Error ? boundedText(error.message) : `a value of type ${typeof error}`;
    process.emitWarning(`A listener for the log of a plugin threw: ${words}`, 'BulkheadWarning');
  };
}

/** The message and its fields in one line, cut after `longestKeptLine` characters. */
function textOf({ message, fields }: LogEntry): string {
  let text = message;
  for (const [name, value] of Object.entries(fields)) {
    if (text.length > longestKeptLine) break;
    text += ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  }
  return text.length <= longestKeptLine ? text : `${text.slice(0, longestKeptLine)} ...`;
}
