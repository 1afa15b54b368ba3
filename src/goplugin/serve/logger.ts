/** A logger whose lines a go-plugin host understands: hclog's JSON, on the real stderr. */
import { callback, checkShape, oneOf, shapeOf, text } from '../../settings/option-shape.ts';
import type { LogLevel } from '../output/log-entry.ts';
import { realWrite } from './real-write.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Returns a logger whose lines carry these fields too. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Name that is shown as `@module`. */
  readonly name?: string | undefined;
  /**
   * Lines below this level are left out. Default: `trace`, which writes all, because the host decides what it shows.
   */
  readonly level?: LogLevel | undefined;
  /** Writes a line. Default: to the real stderr. */
  readonly write?: ((line: string) => void) | undefined;
}

const order: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
const loggerOptions = shapeOf<LoggerOptions>({ name: text, level: oneOf(...order), write: callback });

/** Makes a logger for a plugin. Errors among the fields are written as their message. */
export function createLogger(options: LoggerOptions = {}): Logger {
  checkShape('createLogger', loggerOptions, options);
  return makeLogger(options, {});
}

function makeLogger(options: LoggerOptions, bound: LogFields): Logger {
  const { name, level = 'trace', write = writeToStderr } = options;
  const log =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (order.indexOf(lineLevel) < order.indexOf(level)) return;
      write(`${formatLogLine(lineLevel, message, name, { ...bound, ...fields })}\n`);
    };
  return {
    trace: log('trace'),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    with: (fields) => makeLogger(options, { ...bound, ...fields }),
  };
}

function writeToStderr(line: string): void {
  realWrite(process.stderr, line);
}

/** One line as hclog writes it, without its line feed. */
export function formatLogLine(
  level: LogLevel,
  message: string,
  name: string | undefined,
  fields: LogFields,
  now: Date = new Date(),
): string {
  const head = {
    '@level': level,
    '@message': message,
    ...(name === undefined ? {} : { '@module': name }),
    '@timestamp': now.toISOString().replace('Z', '000Z'), // microseconds, as the layout demands
  };
  try {
    return JSON.stringify({ ...fields, ...head }, plain);
  } catch (error) {
    return JSON.stringify({ ...head, '@warn': `the fields can't be written: ${(error as Error).message}` });
  }
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}
