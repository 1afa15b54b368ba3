/**
 * Reads the lines of a plugin's stderr as go-plugin's host does (go-plugin: client.go logStderr, log_entry.go). Pure.
 * It accepts anything: a line that it does not know is text.
 */
import { LineSplitter, type Line } from './lines.ts';
import type { LogEntry, LogLevel } from './log-entry.ts';
import { asLevel, readStructuredLine, textEntry } from './structured-line.ts';

/** Longer lines are logged in pieces of this length (go-plugin: defaultPluginLogBufferSize). */
export const longestLogLine = 64 * 1024;

export class LogReader {
  readonly #lines = new LineSplitter(longestLogLine);
  #panicking = false;

  /** Returns the entries that this chunk completes. */
  push(chunk: Uint8Array): LogEntry[] {
    return this.#lines.push(chunk).map((line) => this.#read(line));
  }

  /** Returns the last line, if it had no line feed. */
  end(): LogEntry[] {
    return this.#lines.end().map((line) => this.#read(line));
  }

  #read({ bytes, kind }: Line): LogEntry {
    const line = bytes.toString('utf8');
    if (kind === 'piece') return textEntry('debug', line);
    const structured = readStructuredLine(line);
    if (structured) return structured;
    const tagged = levelOfTag(line);
    if (tagged) return textEntry(tagged, line);
    // Every untagged line after the beginning of a crash report belongs to the report, until the end.
    this.#panicking ||= /^(panic|fatal error): /.test(line);
    return this.#panicking ? { ...textEntry('error', line), kind: 'panic' } : textEntry('debug', line);
  }
}

function levelOfTag(line: string): LogLevel | undefined {
  return asLevel(/^\[(TRACE|DEBUG|INFO|WARN|ERROR)\]/.exec(line)?.[1]);
}
