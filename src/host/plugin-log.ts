/** What a plugin wrote, line by line, as much as is kept of it. */
import type { LogEntry, OutputChunk, OutputTail } from '../goplugin/index.ts';

export interface PluginLogLine {
  readonly at: Date;
  /** Which life of the plugin wrote it. */
  readonly generation: number;
  readonly stream: 'stdout' | 'stderr';
  readonly level: LogEntry['level'];
  readonly text: string;
}

const keptLines = 1000;
/** Of all lines together. */
const keptCharacters = 4 * 1024 * 1024;
/** A line that does not end is cut here. */
const longestLine = 16 * 1024;
/** How much of it an error carries. */
const tailLines = 40;

export class PluginLog {
  readonly #lines: PluginLogLine[] = [];
  #characters = 0;
  readonly #listeners = new Set<(line: PluginLogLine) => void>();
  readonly #unfinished = new Map<string, string>();

  lines(): readonly PluginLogLine[] {
    return [...this.#lines];
  }

  /** @returns what ends the listening */
  follow(listener: (line: PluginLogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  logged(generation: number, { level, message, fields }: LogEntry): void {
    const extra = Object.entries(fields).map(([name, value]) => ` ${name}=${textOf(value)}`);
    this.#add({ at: new Date(), generation, stream: 'stderr', level, text: `${message}${extra.join('')}` });
  }

  printed(generation: number, { stream, data }: OutputChunk): void {
    const key = `${generation} ${stream}`;
    const text = (this.#unfinished.get(key) ?? '') + Buffer.from(data).toString('utf8');
    const lines = text.split('\n');
    this.#unfinished.set(key, (lines.pop() ?? '').slice(-longestLine));
    for (const line of lines) {
      this.#add({ at: new Date(), generation, stream, level: 'info', text: line.slice(0, longestLine) });
    }
  }

  /** The end of what one generation wrote. */
  tail(generation: number): OutputTail {
    const of = (stream: 'stdout' | 'stderr'): string =>
      this.#lines
        .filter((line) => line.generation === generation && line.stream === stream)
        .slice(-tailLines)
        .map(({ text }) => text)
        .join('\n');
    return { stdout: of('stdout'), stderr: of('stderr') };
  }

  #add(line: PluginLogLine): void {
    this.#lines.push(line);
    this.#characters += line.text.length;
    while (this.#lines.length > keptLines || this.#characters > keptCharacters) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0;
    }
    for (const listener of this.#listeners) listener(line);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
