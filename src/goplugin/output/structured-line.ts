/**
 * Reads hclog's lines, which are JSON objects that say their level. Pure. Whatever can't be a log entry is passed on as
 * text.
 */
import type { LogEntry, LogLevel } from './log-entry.ts';

/**
 * Deepest nesting of fields that is read; hclog hardly nests at all. Deeper data could not be written as JSON again by
 * whoever gets it.
 */
export const deepestFields = 32;

/** Returns the entry that a line holds, or `undefined` when it holds none. Never throws. */
export function readStructuredLine(line: string): LogEntry | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  const parsed = parseObject(line);
  if (parsed === undefined) return undefined;
  const { '@message': message, '@level': level, '@timestamp': time, ...fields } = parsed;
  const timestamp = time === undefined ? undefined : parseTimestamp(time);
  if (time !== undefined && timestamp === undefined) return undefined;
  const known = asLevel(level);
  // A line without a level is logged at debug and as it stands (hclog writes `all` for none).
  if (known === undefined) return textEntry('debug', line);
  return {
    level: known,
    message: typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message),
    kind: 'hclog',
    timestamp,
    fields,
  };
}

/** Makes an entry of a line as it was written. */
export function textEntry(level: LogLevel, message: string): LogEntry {
  return { level, message, kind: 'text', timestamp: undefined, fields: {} };
}

export function asLevel(value: unknown): LogLevel | undefined {
  if (typeof value !== 'string') return undefined;
  const level = value.trim().toLowerCase();
  return levels.has(level) ? (level as LogLevel) : undefined;
}

const levels: ReadonlySet<string> = new Set<LogLevel>(['trace', 'debug', 'info', 'warn', 'error']);

function parseObject(line: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isSound(value))
    return undefined;
  // Go reads half a surrogate pair as U+FFFD, and so does everything that writes UTF-8.
  return (loneSurrogate.test(line) ? withoutHalves(value) : value) as Record<string, unknown>;
}

/** A hint is enough: where there is none, nothing is replaced. */
const loneSurrogate = /\\u[dD][89a-fA-F]/;

/**
 * Whether the value can be passed on: it must not be nested too deeply; hold no number beyond a double's range, which
 * Go refuses and JSON can't write; and have no key `__proto__`, which would give a copy of the fields another
 * prototype.
 */
function isSound(value: object): boolean {
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= deepestFields) return false;
    const below: object[] = [];
    for (const each of level) {
      if (Object.hasOwn(each, '__proto__')) return false;
      for (const inner of Object.values(each) as unknown[]) {
        if (typeof inner === 'number' && !Number.isFinite(inner)) return false;
        if (typeof inner === 'object' && inner !== null) below.push(inner);
      }
    }
    level = below;
  }
  return true;
}

/** Replaces halves of surrogate pairs. Recursion is safe, because the depth was checked before. */
function withoutHalves(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Cs}/gu, '\ufffd');
  if (Array.isArray(value)) return value.map(withoutHalves);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [withoutHalves(key) as string, withoutHalves(inner)]),
  );
}

/** hclog: 2006-01-02T15:04:05.000000Z07:00 */
const timestampForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{6}(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a timestamp. An impossible date such as the 30th of February is refused, as in Go; JavaScript would take it for
 * one in March.
 */
function parseTimestamp(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const [, local = ''] = timestampForm.exec(value) ?? [];
  const there = new Date(`${local}Z`);
  if (Number.isNaN(there.getTime()) || there.toISOString().slice(0, 19) !== local) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
