export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** One line that a plugin wrote to its stderr. */
export interface LogEntry {
  readonly level: LogLevel;
  /** The message of an hclog line; any other line as it was written. */
  readonly message: string;
  /** `hclog`: a structured line. `text`: any other. `panic`: the report of a crash, or text that follows one. */
  readonly kind: 'hclog' | 'text' | 'panic';
  /** When the plugin wrote it; only structured lines say so. */
  readonly timestamp: Date | undefined;
  /** The remaining keys of a structured line, `@module` and `@caller` among them. */
  readonly fields: Readonly<Record<string, unknown>>;
}
