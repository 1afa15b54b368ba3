/**
 * Understands the lines of a plugin's stderr as go-plugin's host does (go-plugin: client.go logStderr, log_entry.go).
 * Pure. Tolerates anything: an odd line is text.
 */
import { LineSplitter, type Line } from './lines.ts';
import type { LogEntry, LogLevel } from './log-entry.ts';

/** Longer lines are logged in pieces of this length (go-plugin: defaultPluginLogBufferSize). */
export const longestLogLine = 64 * 1024;

export class LogReader {
  readonly #lines = new LineSplitter(longestLogLine);
  #panicking = false;

  /** The entries that this chunk completes. */
  push(chunk: Uint8Array): LogEntry[] {
    return this.#lines.push(chunk).map((line) => this.#read(line));
  }

  /** The last line, if it had no line feed. */
  end(): LogEntry[] {
    return this.#lines.end().map((line) => this.#read(line));
  }

  #read({ bytes, kind }: Line): LogEntry {
    const line = bytes.toString('utf8');
    if (kind === 'piece') return text('debug', line);
    const structured = readStructured(line);
    if (structured) return structured;
    const tagged = levelOfTag(line);
    if (tagged) return text(tagged, line);
    // From a crash report on, every untagged line is part of it, until the end.
    this.#panicking ||= /^(panic|fatal error): /.test(line);
    return this.#panicking ? { ...text('error', line), kind: 'panic' } : text('debug', line);
  }
}

function text(level: LogLevel, message: string): LogEntry {
  return { level, message, kind: 'text', timestamp: undefined, fields: {} };
}

function levelOfTag(line: string): LogLevel | undefined {
  return asLevel(/^\[(TRACE|DEBUG|INFO|WARN|ERROR)\]/.exec(line)?.[1]);
}

/** An hclog line: a JSON object with `@message`, `@level` and `@timestamp`; what does not fit makes it text. */
function readStructured(line: string): LogEntry | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  const parsed = parseObject(line);
  if (parsed === undefined) return undefined;
  const { '@message': message, '@level': level, '@timestamp': time, ...fields } = parsed;
  const timestamp = time === undefined ? undefined : parseTimestamp(time);
  if (time !== undefined && timestamp === undefined) return undefined;
  const known = asLevel(level);
  // Without a level there is nothing to log it at but debug, and then as it stands (hclog writes `all` for none).
  if (known === undefined) return text('debug', line);
  return {
    level: known,
    message: typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message),
    kind: 'hclog',
    timestamp,
    fields,
  };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseTimestamp(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  // hclog: 2006-01-02T15:04:05.000000Z07:00
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function asLevel(value: unknown): LogLevel | undefined {
  if (typeof value !== 'string') return undefined;
  const level = value.trim().toLowerCase();
  return levels.has(level) ? (level as LogLevel) : undefined;
}

const levels: ReadonlySet<string> = new Set<LogLevel>(['trace', 'debug', 'info', 'warn', 'error']);
